// How the library warns: what is not wrong for sure does not end a computation, and must not pass in silence.
#pragma once

#include <functional>
#include <string>

namespace saddleflow {

/// Told a warning, one line without an end of line.
using WarningHandler = std::function<void(const std::string& message)>;

/// The default: "saddleflow: warning: ..." as a line on standard error.
void warn_on_stderr(const std::string& message);

}  // namespace saddleflow
