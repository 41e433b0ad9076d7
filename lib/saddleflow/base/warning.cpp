#include "saddleflow/base/warning.hpp"

#include <cstdio>

#include "saddleflow/base/one_line.hpp"

namespace saddleflow {

void warn_on_stderr(const std::string& message) {
  std::fprintf(stderr, "saddleflow: warning: %s\n", one_line(message).c_str());
}

}  // namespace saddleflow
