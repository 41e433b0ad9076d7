# The public headers of the library: saddleflow/saddleflow.hpp, the Odeint adaptors, and what they include.
cmake_policy(VERSION 3.25)
set(SADDLEFLOW_PUBLIC_ROOTS saddleflow/saddleflow.hpp saddleflow/ode/stepper/odeint_adaptors.hpp)

# saddleflow_public_headers(<folder of saddleflow/> <list>): all of them, found by following their includes. An
# error where one includes anything but the standard library, Eigen and Boost: users have no more.
function(saddleflow_public_headers folder list)
  set(found ${SADDLEFLOW_PUBLIC_ROOTS})
  set(open ${found})
  while(open)
    list(POP_FRONT open header)
    file(STRINGS ${folder}/${header} lines REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS lines)
      if(line MATCHES "\"(saddleflow/[^\"]+)\"")
        if(NOT CMAKE_MATCH_1 IN_LIST found)
          list(APPEND found ${CMAKE_MATCH_1})
          list(APPEND open ${CMAKE_MATCH_1})
        endif()
      elseif(NOT line MATCHES "<(Eigen/.*|boost/.*|[a-z_]+)>")
        message(FATAL_ERROR "${header}: found ${line}, expected no more than the standard library, Eigen and "
                            "Boost in a public header")
      endif()
    endforeach()
  endwhile()
  list(SORT found)
  set(${list} ${found} PARENT_SCOPE)
endfunction()

# cmake -D SADDLEFLOW_FOLDER=lib -P public_headers.cmake: prints them, one a line.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  saddleflow_public_headers(${SADDLEFLOW_FOLDER} headers)
  list(JOIN headers "\n" lines)
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${lines}")
endif()
