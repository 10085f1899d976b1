# SPDX-License-Identifier: Apache-2.0
# Target freestanding: the sources of every room that src/rooms.txt marks !freestanding,
# compiled as firmware would (no library, no heap, no exceptions) and linked into one object
# that may need nothing but what a platform brings (tools/freestanding_check.sh).
# By this build's compiler; the preset firmware-check names a bare machine's.
if(NOT DEFINED TORPOR_FREESTANDING_CXX)
  set(TORPOR_FREESTANDING_CXX ${CMAKE_CXX_COMPILER})
endif()
separate_arguments(compiler UNIX_COMMAND "${TORPOR_FREESTANDING_CXX}")
get_property(freestanding_sources GLOBAL PROPERTY TORPOR_FREESTANDING_SOURCES)
set(objects "")
foreach(source ${freestanding_sources})
  file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR}/src ${source})
  string(REPLACE "/" "_" name ${name})
  set(object ${PROJECT_BINARY_DIR}/freestanding/${name}.o)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${compiler} -std=c++20 -Os -Wall -Wextra -Wshadow -Werror -ffreestanding
            -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-asynchronous-unwind-tables -fno-stack-protector
            -ffp-contract=off -ffunction-sections -fdata-sections -I${PROJECT_SOURCE_DIR}/src
            -MD -MF ${object}.d -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d
    COMMENT "Freestanding ${name}" VERBATIM)
  list(APPEND objects ${object})
endforeach()
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/freestanding)
add_custom_target(freestanding
  COMMAND ${PROJECT_SOURCE_DIR}/tools/freestanding_check.sh ${TORPOR_FREESTANDING_CXX}
          ${PROJECT_BINARY_DIR}/freestanding/freestanding.o ${objects}
  DEPENDS ${objects}
  COMMENT "Freestanding rooms: ${TORPOR_FREESTANDING}" VERBATIM)
