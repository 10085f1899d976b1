// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace torpor {

// Text of at most N bytes, held inside the object: no heap, trivially copyable,
// usable in firmware. What does not fit is cut and the last byte becomes '~', so
// that a reader sees that something is missing. Never holds a terminating zero.
template <std::size_t N>
class FixedString {
 public:
  constexpr FixedString() = default;
  constexpr FixedString(std::string_view text) { append(text); }
  constexpr FixedString(const char* text) { append(text); }

  constexpr FixedString& append(std::string_view text) {
    for (char c : text)
      if (!push(c)) break;
    return *this;
  }
  // Character by character: firmware brings no strlen.
  constexpr FixedString& append(const char* text) {
    while (*text != '\0' && push(*text)) ++text;
    return *this;
  }

  // Decimal; `hex` is for digests and identifiers.
  template <std::integral T>
  constexpr FixedString& append(T value) {
    char digits[20] = {};
    std::size_t n = 0;
    std::uint64_t rest = static_cast<std::uint64_t>(value);
    if constexpr (std::signed_integral<T>) {
      if (value < 0) {
        append("-");
        rest = 0 - rest;
      }
    }
    do {
      digits[n++] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    } while (rest != 0);
    while (n > 0) append(std::string_view(&digits[--n], 1));
    return *this;
  }

  constexpr FixedString& append_hex(const std::byte* bytes, std::size_t count) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < count; ++i) {
      const auto b = static_cast<unsigned>(bytes[i]);
      push(kDigits[b >> 4]);
      push(kDigits[b & 15]);
    }
    return *this;
  }

  constexpr std::string_view view() const { return {chars_, size_}; }
  constexpr operator std::string_view() const { return view(); }
  constexpr bool empty() const { return size_ == 0; }
  constexpr std::size_t size() const { return size_; }
  constexpr void clear() { size_ = 0; }
  static constexpr std::size_t capacity() { return N; }

  friend constexpr bool operator==(const FixedString& a, const FixedString& b) {
    return a.view() == b.view();
  }

 private:
  constexpr bool push(char c) {
    if (size_ == N) {
      chars_[N - 1] = '~';
      return false;
    }
    chars_[size_++] = c;
    return true;
  }
  std::size_t size_ = 0;
  char chars_[N] = {};
};

// FixedString<96>{} << "found " << 7
template <std::size_t N, class T>
constexpr FixedString<N>& operator<<(FixedString<N>& out, const T& piece) {
  if constexpr (std::integral<T>) {
    return out.append(piece);
  } else if constexpr (std::convertible_to<const T&, const char*>) {
    return out.append(static_cast<const char*>(piece));
  } else {
    return out.append(std::string_view(piece));
  }
}

}  // namespace torpor
