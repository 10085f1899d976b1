// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/posix/shared_library.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace torpor {
namespace {

constexpr SharedLibrary::Need kMath{
    .reason = Reason::device_absent, .file = "libm.so.6", .provided_by = "libm, Debian package libc6"};

TEST(SharedLibrary, finds_the_functions_of_a_library_by_name) {
  for (const auto bind : {SharedLibrary::Bind::lazy, SharedLibrary::Bind::now}) {
    const auto library = SharedLibrary::open(kMath, bind);
    ASSERT_TRUE(library.ok()) << one_line(library.error()).view();
    double (*root)(double) = nullptr;
    ASSERT_TRUE(library->find(root, "sqrt").ok());
    EXPECT_EQ(root(9), 3);
  }
}

TEST(SharedLibrary, one_that_is_not_installed_is_named_with_the_package_that_brings_it) {
  const auto library = SharedLibrary::open({.reason = Reason::recording_unreadable,
                                            .file = "libtorpor_nowhere.so.1",
                                            .provided_by = "nowhere, Debian package libnowhere1"},
                                           SharedLibrary::Bind::lazy);
  ASSERT_FALSE(library.ok());
  EXPECT_EQ(
      one_line(library.error()).view(),
      "recording_unreadable: libtorpor_nowhere.so.1: found cannot open shared object file: No such file or "
      "directory, expected nowhere, Debian package libnowhere1");
}

TEST(SharedLibrary, one_that_is_there_and_no_library_is_told_from_one_that_is_not) {
  std::string path = ::testing::TempDir() + "torpor_library_XXXXXX";
  const int file = ::mkstemp(path.data());
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, "no library", 10), 10);
  ::close(file);
  const auto library = SharedLibrary::open(
      {.reason = Reason::push_failed, .file = path.c_str(), .provided_by = "it"}, SharedLibrary::Bind::now);
  ::unlink(path.c_str());
  ASSERT_FALSE(library.ok());
  EXPECT_EQ(library.error().reason, Reason::push_failed);
  EXPECT_EQ(library.error().found.view(), "file too short");
}

TEST(SharedLibrary, a_function_that_is_missing_is_named) {
  const auto library = SharedLibrary::open(kMath, SharedLibrary::Bind::lazy);
  ASSERT_TRUE(library.ok());
  void (*nothing)() = nullptr;
  const Status found = library->find(nothing, "torpor_no_such_function");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(one_line(found.error()).view(),
            "device_absent: libm.so.6: found no function torpor_no_such_function, expected libm, Debian "
            "package libc6");
  EXPECT_EQ(nothing, nullptr);
}

}  // namespace
}  // namespace torpor
