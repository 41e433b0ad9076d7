# Writes OUTPUT, a .cpp file that holds the page's files as raw string literals. Run at build time with -P.
# Variables: OUTPUT, PAGE (the folder page/), SCRIPTS (names in page/js/, in order, joined by '+').
cmake_minimum_required(VERSION 3.25)

function(literal name)
  set(definition "const std::string_view ${name} =")
  foreach(path IN LISTS ARGN)
    file(READ ${PAGE}/${path} text)
    string(FIND "${text}" ")sf_page\"" clash)
    if(NOT clash EQUAL -1)
      message(FATAL_ERROR "${path} contains the delimiter of raw string literals: )sf_page\"")
    endif()
    string(APPEND definition " R\"sf_page(${text})sf_page\"")
  endforeach()
  file(APPEND ${OUTPUT} "${definition};\n\n")
endfunction()

string(REPLACE "+" ";" scripts "${SCRIPTS}")
list(TRANSFORM scripts PREPEND js/)

# Clang, when it is pedantic, counts the characters of a literal: C++ asks for 65536 of every compiler, and all take more.
file(WRITE ${OUTPUT} "#ifdef __clang__\n#pragma clang diagnostic ignored \"-Woverlength-strings\"\n#endif\n")
file(APPEND ${OUTPUT} "#include \"saddleflow/report/page_files.hpp\"\n\nnamespace saddleflow::report::page_files {\n\n")
literal(html page.html)
literal(style page.css)
literal(script ${scripts})
literal(uplot_style third_party/uplot/uPlot.min.css)
literal(uplot_script third_party/uplot/uPlot.iife.min.js)
file(APPEND ${OUTPUT} "}  // namespace saddleflow::report::page_files\n")
