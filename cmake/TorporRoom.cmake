# SPDX-License-Identifier: Apache-2.0
#
# torpor_read_rooms()
#   Reads src/rooms.txt: TORPOR_ALL_ROOMS in order, TORPOR_EDGES_<room> of each, and
#   TORPOR_FREESTANDING, those marked so.
#
# torpor_room([PUBLIC header...] [HOSTED file...] [APART source...] [NO_EXCEPTIONS] [LIBS lib...]
#             [TEST_ROOMS room...] [TEST_LIBS lib...])
#   The room this CMakeLists.txt lies in. Its library is torpor_<path with _ for />, linked to
#   the rooms that src/rooms.txt lets it see. By file name:
#     *_test.cpp   torpor_NAME_test, one GoogleTest program, found by CTest
#     *_fuzz.cpp   fuzz_<file>, one program each (clang, TORPOR_FUZZ)
#     *_bench.cpp  torpor_NAME_bench (Google Benchmark, TORPOR_BENCH)
#     other *.cpp  the library
#   HOSTED are files of a freestanding room that firmware does not see; APART are sources that
#   this CMakeLists.txt makes into targets of their own.
#   TEST_ROOMS are further rooms that tests, fuzzers and benchmarks use.

# What this build is made of, told to tools/check_rooms.mjs by CMake itself.
file(WRITE ${PROJECT_BINARY_DIR}/.cmake/api/v1/query/codemodel-v2 "")

# The results must not depend on the host: no contraction, no fast-math, anywhere.
add_library(torpor_flags INTERFACE)
target_include_directories(torpor_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(torpor_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wunused -Werror
  -ffp-contract=off -fno-math-errno)

function(torpor_read_rooms)
  set(file ${PROJECT_SOURCE_DIR}/src/rooms.txt)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(STRINGS ${file} lines REGEX "^[^#]")
  set(all "")
  set(freestanding "")
  foreach(line ${lines})
    if(NOT line MATCHES "^([a-z_/]+)( !freestanding)? *:([ a-z_/]*)$")
      message(FATAL_ERROR "src/rooms.txt: found '${line}', expected 'room [!freestanding] : room room'")
    endif()
    set(room ${CMAKE_MATCH_1})
    if(CMAKE_MATCH_2)
      list(APPEND freestanding ${room})
    endif()
    string(REGEX MATCHALL "[a-z_/]+" edges "${CMAKE_MATCH_3}")
    foreach(edge ${edges})
      if(NOT edge IN_LIST all)
        message(FATAL_ERROR "src/rooms.txt: ${room} names ${edge}, which does not stand above it")
      endif()
    endforeach()
    list(APPEND all ${room})
    set(TORPOR_EDGES_${room} ${edges} PARENT_SCOPE)
  endforeach()
  set(TORPOR_ALL_ROOMS ${all} PARENT_SCOPE)
  set(TORPOR_FREESTANDING ${freestanding} PARENT_SCOPE)
endfunction()

function(torpor_room_target room out)
  string(REPLACE "/" "_" name ${room})
  set(${out} torpor_${name} PARENT_SCOPE)
endfunction()

# Links `target` to rooms; the rest of this build may be fewer rooms than there are.
function(torpor_link_rooms target scope)
  foreach(room ${ARGN})
    torpor_room_target(${room} library)
    target_link_libraries(${target} ${scope} ${library})
  endforeach()
endfunction()

function(torpor_room)
  cmake_parse_arguments(R "NO_EXCEPTIONS" "" "PUBLIC;HOSTED;APART;LIBS;TEST_ROOMS;TEST_LIBS" ${ARGN})
  file(RELATIVE_PATH room ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  if(NOT room IN_LIST TORPOR_ALL_ROOMS)
    message(FATAL_ERROR "${room} is not in src/rooms.txt")
  endif()
  torpor_room_target(${room} library)
  string(REPLACE "torpor_" "" name ${library})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(TRANSFORM R_APART PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(REMOVE_ITEM sources ${R_APART} "")
  foreach(kind test fuzz bench)
    set(${kind}_sources ${sources})
    list(FILTER ${kind}_sources INCLUDE REGEX "_${kind}\\.cpp$")
  endforeach()
  list(REMOVE_ITEM sources ${test_sources} ${fuzz_sources} ${bench_sources} "")
  if(room IN_LIST TORPOR_FREESTANDING)
    set(firmware_sources ${sources})
    list(TRANSFORM R_HOSTED PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
    list(REMOVE_ITEM firmware_sources ${R_HOSTED} "")
    set_property(GLOBAL APPEND PROPERTY TORPOR_FREESTANDING_SOURCES ${firmware_sources})
  endif()

  if(sources)
    set(scope PUBLIC)
    # What only tests use is built where a test uses it.
    set(only_tests "")
    if(room MATCHES "(^|/)fake$")
      set(only_tests EXCLUDE_FROM_ALL)
    endif()
    add_library(${library} STATIC ${only_tests} ${sources})
  else()
    set(scope INTERFACE)
    add_library(${library} INTERFACE)
  endif()
  target_link_libraries(${library} ${scope} torpor_flags ${R_LIBS})
  torpor_link_rooms(${library} ${scope} ${TORPOR_EDGES_${room}})
  if(R_NO_EXCEPTIONS AND sources)
    target_compile_options(${library} PRIVATE -fno-exceptions -fno-rtti)
  endif()
  foreach(header ${R_PUBLIC})
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${header})
      message(FATAL_ERROR "${room}: there is no public header ${header}")
    endif()
  endforeach()

  if(TORPOR_TESTS AND test_sources)
    torpor_test(${library}_test PREFIX ${room} SOURCES ${test_sources} ROOMS ${room} ${R_TEST_ROOMS} LIBS ${R_TEST_LIBS})
  endif()
  if(TORPOR_FUZZ)
    foreach(file ${fuzz_sources})
      get_filename_component(stem ${file} NAME_WE)
      add_executable(fuzz_${stem} ${file})
      torpor_link_rooms(fuzz_${stem} PRIVATE ${room} ${R_TEST_ROOMS})
      target_link_libraries(fuzz_${stem} PRIVATE ${R_TEST_LIBS})
      target_link_options(fuzz_${stem} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
  if(TORPOR_BENCH AND bench_sources)
    find_package(benchmark REQUIRED)
    add_executable(${library}_bench ${bench_sources})
    torpor_link_rooms(${library}_bench PRIVATE ${room} ${R_TEST_ROOMS})
    target_link_libraries(${library}_bench PRIVATE ${R_TEST_LIBS} benchmark::benchmark_main)
  endif()
endfunction()

# torpor_test(TARGET PREFIX text SOURCES file... [ROOMS room...] [LIBS lib...] [PROCESSORS n])
#   One GoogleTest program, its tests known to CTest as PREFIX.Suite.name.
function(torpor_test target)
  cmake_parse_arguments(T "" "PREFIX;PROCESSORS" "SOURCES;ROOMS;LIBS" ${ARGN})
  if(NOT T_PROCESSORS)
    set(T_PROCESSORS 1)
  endif()
  add_executable(${target} ${T_SOURCES})
  torpor_link_rooms(${target} PRIVATE ${T_ROOMS} base/fake)
  target_link_libraries(${target} PRIVATE ${T_LIBS} GTest::gtest_main GTest::gmock)
  include(GoogleTest)
  gtest_discover_tests(${target} TEST_PREFIX "${T_PREFIX}."
    PROPERTIES TIMEOUT 300 PROCESSORS ${T_PROCESSORS} DISCOVERY_TIMEOUT 60)
endfunction()
