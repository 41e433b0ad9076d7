// Warnings. A result that may be wrong does not end a computation, but the user must learn of it.
#pragma once

#include <functional>
#include <string>

namespace saddleflow {

/// Receives each warning, as one line without a line break at its end.
using WarningHandler = std::function<void(const std::string& message)>;

/// The default: "saddleflow: warning: ..." as a line on standard error.
void warn_on_stderr(const std::string& message);

}  // namespace saddleflow
