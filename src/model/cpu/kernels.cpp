// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "model/cpu/kernels.h"

#include "model/cpu/kernels_paths.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace torpor {
namespace {

// One per file of this folder that makes a table.
constexpr std::size_t kMaxTables = 6;

struct Found {
  const Kernels* table[kMaxTables] = {};
  std::size_t count = 0;
  void add(bool runs_here, const Kernels* kernels) {
    if (runs_here && kernels != nullptr) table[count++] = kernels;
  }
};

#if defined(__x86_64__)
// CPUID leaf 7, subleaf 1, EAX bit 4; older compilers have no name for it.
// Whether the system saves its registers is asked with AVX2, whose registers they are.
bool cpu_has_avx_vnni() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1u << 4)) != 0;
}
#endif

Found find() {
  Found found;
#if defined(__x86_64__)
  // cpu_supports also asks whether the system saves the wide registers.
  const bool avx2 = __builtin_cpu_supports("avx2");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  // Fastest first: a backend that is given no table takes the first.
  found.add(avx512, avx512_kernels());
  found.add(avx2 && cpu_has_avx_vnni(), avxvnni_kernels());
  found.add(avx2, avx2_kernels());
#elif defined(__aarch64__)
  constexpr unsigned long kAsimdDotProduct = 1ul << 20;  // HWCAP_ASIMDDP
  found.add((getauxval(AT_HWCAP) & kAsimdDotProduct) != 0, neon_dotprod_kernels());
  // Every arm64 processor has it: nothing to ask.
  found.add(true, neon_kernels());
#endif
  found.add(true, &reference_kernels());
  return found;
}

}  // namespace

KernelList available_kernels() {
  // Once and thread-safe, by the language.
  static const Found found = find();
  return {found.table, found.count};
}

}  // namespace torpor
