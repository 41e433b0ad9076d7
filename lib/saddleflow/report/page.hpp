// The report: one HTML page that needs nothing but itself.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "saddleflow/archive/sweep_record.hpp"
#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/report/run_data.hpp"

namespace saddleflow::report {

/// The page, UTF-8. Its Content-Security-Policy forbids every request to the network.
/// Throws InputError as check() does.
std::string render_page(const RunData& run);
/// Of several runs of one problem.
std::string render_page(const std::vector<RunData>& runs);
/// Of a collected sweep.
std::string render_page(const archive::SweepRecord& sweep);

/// Renders the page into a file, which is there either whole or not at all. Symbolic links are followed.
/// InputError: it exists and is to be kept, or is no plain file; IoError: it cannot be written, or another
/// process is writing it.
void write_page(const std::string& path, const RunData& run, ExistingFile existing);
void write_page(const std::string& path, const std::vector<RunData>& runs, ExistingFile existing);
void write_page(const std::string& path, const archive::SweepRecord& sweep, ExistingFile existing);

/// Text with & < > " ' replaced by character references: safe between tags and in attributes.
std::string html_escape(std::string_view text);

/// JSON text that cannot end the <script> element around it: < > & and U+2028/2029 written as \uXXXX.
std::string script_escape(std::string_view json);

/// `page` with every {{name}} replaced by values.at(name), in one pass: values may contain braces of their
/// own. Throws InputError for a name without a value.
std::string fill_template(std::string_view page, const std::map<std::string, std::string_view>& values);

}  // namespace saddleflow::report
