# SPDX-License-Identifier: Apache-2.0
# All that firmware compiles: verify and decode, queue and link. RefusingRole stays out: an
# object with a virtual destructor, whose deleting form wants an operator delete.
set(freestanding_sources
  ${PROJECT_SOURCE_DIR}/src/base/cbor.cpp
  ${PROJECT_SOURCE_DIR}/src/base/crc32c.cpp
  ${PROJECT_SOURCE_DIR}/src/base/error.cpp
  ${PROJECT_SOURCE_DIR}/src/base/utc.cpp)
foreach(folder contract window link)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cpp$|refusing_role\\.cpp$")
  list(APPEND freestanding_sources ${sources})
endforeach()
# By this build's compiler; the preset firmware-check names a bare machine's.
if(NOT DEFINED TORPOR_FREESTANDING_CXX)
  set(TORPOR_FREESTANDING_CXX ${CMAKE_CXX_COMPILER})
endif()
add_custom_target(freestanding
  COMMAND ${PROJECT_SOURCE_DIR}/tools/freestanding_check.sh ${TORPOR_FREESTANDING_CXX}
          ${PROJECT_BINARY_DIR}/freestanding ${freestanding_sources}
  COMMENT "Freestanding half: contract, queue, link" VERBATIM)
