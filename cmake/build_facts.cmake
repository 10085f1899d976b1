# SPDX-License-Identifier: Apache-2.0
# cmake -D VERSION= -D BUILD= -D COMPILER= -D SOURCE= -D TEMPLATE= -D OUT= -P: what this build
# is made of, as a source file. A tree that is no checkout of git has the commit "unknown",
# and so has one that lies in a checkout of something else.
set(COMMIT unknown)
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --show-toplevel
    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_checkout)
  file(REAL_PATH ${SOURCE} source)
  if(NOT no_checkout AND top STREQUAL source)
    execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
      OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE no_commit)
    if(NOT no_commit)
      set(COMMIT ${described})
    endif()
  endif()
endif()
configure_file(${TEMPLATE} ${OUT} @ONLY)
