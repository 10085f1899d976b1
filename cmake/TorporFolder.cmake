# SPDX-License-Identifier: Apache-2.0
#
# torpor_folder(NAME [NO_EXCEPTIONS] [DEPS folder...] [LIBS lib...] [TEST_DEPS folder...])
#
# One library per folder, by file name:
#   *.cpp            torpor_NAME
#   *_for_test.cpp   torpor_NAME_for_test, linked by tests only
#   *_test.cpp       torpor_NAME_test, one GoogleTest program, found by CTest
#   *_fuzz.cpp       fuzz_<file>, one program each (clang, TORPOR_FUZZ)
#   *_bench.cpp      torpor_NAME_bench (Google Benchmark, TORPOR_BENCH)
# DEPS are the folders whose headers this one may include (tools/includes.allow).

# The results must not depend on the host: no contraction, no fast-math, anywhere.
add_library(torpor_flags INTERFACE)
target_include_directories(torpor_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(torpor_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wunused -Werror
  -ffp-contract=off -fno-math-errno)

function(torpor_folder name)
  cmake_parse_arguments(F "NO_EXCEPTIONS" "" "DEPS;LIBS;TEST_DEPS;TEST_LIBS" ${ARGN})
  file(GLOB all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${all})
  set(fuzzers ${all})
  set(benches ${all})
  set(helpers ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests EXCLUDE REGEX "_for_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER helpers INCLUDE REGEX "_for_test\\.cpp$")
  set(sources ${all})
  list(REMOVE_ITEM sources ${tests} ${fuzzers} ${benches} ${helpers} "")

  if(sources)
    add_library(torpor_${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(torpor_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(torpor_${name} ${scope} torpor_flags ${F_LIBS})
  foreach(dep ${F_DEPS})
    target_link_libraries(torpor_${name} ${scope} torpor_${dep})
  endforeach()
  if(F_NO_EXCEPTIONS AND sources)
    target_compile_options(torpor_${name} PRIVATE -fno-exceptions -fno-rtti)
  endif()

  set(test_libs torpor_${name} ${F_TEST_LIBS})
  if(TARGET torpor_base_for_test)  # what tests of any folder may use
    list(APPEND test_libs torpor_base_for_test)
  endif()
  foreach(dep ${F_TEST_DEPS})
    list(APPEND test_libs torpor_${dep})
    if(TARGET torpor_${dep}_for_test)
      list(APPEND test_libs torpor_${dep}_for_test)
    endif()
  endforeach()
  if(helpers)
    add_library(torpor_${name}_for_test STATIC ${helpers})
    target_link_libraries(torpor_${name}_for_test PUBLIC ${test_libs})
    list(APPEND test_libs torpor_${name}_for_test)
  endif()

  if(TORPOR_TESTS AND tests)
    add_executable(torpor_${name}_test ${tests})
    target_link_libraries(torpor_${name}_test PRIVATE ${test_libs} GTest::gtest_main GTest::gmock)
    target_compile_definitions(torpor_${name}_test PRIVATE TORPOR_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TORPOR_BINARY_DIR="${PROJECT_BINARY_DIR}")
    include(GoogleTest)
    gtest_discover_tests(torpor_${name}_test TEST_PREFIX "${name}." PROPERTIES TIMEOUT 300 DISCOVERY_TIMEOUT 60)
  endif()
  if(TORPOR_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(stem ${file} NAME_WE)
      add_executable(fuzz_${stem} ${file})
      target_link_libraries(fuzz_${stem} PRIVATE ${test_libs})
      target_link_options(fuzz_${stem} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
  if(TORPOR_BENCH AND benches)
    find_package(benchmark REQUIRED)
    add_executable(torpor_${name}_bench ${benches})
    target_link_libraries(torpor_${name}_bench PRIVATE ${test_libs} benchmark::benchmark_main)
  endif()
endfunction()
