#include "saddleflow/base/warning.hpp"

#include <cstdio>

namespace saddleflow {

void warn_on_stderr(const std::string& message) {
  std::fprintf(stderr, "saddleflow: warning: %s\n", message.c_str());
}

}  // namespace saddleflow
