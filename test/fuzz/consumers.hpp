// What the tools do with a stored file, as far as it is done in a moment.
#pragma once

#include <string>

namespace saddleflow::fuzz {

/// Every table and column through the reader, the report page, CSV and a compressed copy, the data set that
/// it holds. Whether the reader takes the file: if not, the tools below get no farther.
bool read_whole(const std::string& path);

/// The problem of the file as the tools that compute something need it: visits, evaluation at some times.
void use_problem(const std::string& path);

/// sf-flow --resume, for some steps more.
void resume_run(const std::string& path);

}  // namespace saddleflow::fuzz
