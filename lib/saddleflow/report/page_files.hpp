// The files of page/, embedded by page_files.cmake when the library is built.
#pragma once

#include <string_view>

namespace saddleflow::report::page_files {

extern const std::string_view html;
extern const std::string_view style;
extern const std::string_view script;  ///< page/js/*.js one after the other
extern const std::string_view uplot_style;
extern const std::string_view uplot_script;

}  // namespace saddleflow::report::page_files
