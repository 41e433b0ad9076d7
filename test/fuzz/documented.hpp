// What may come out of the library for bad input: its own errors, of one line and with one of three statuses.
#pragma once

#include <filesystem>
#include <system_error>

#include "saddleflow/base/error.hpp"
#include "target.hpp"

namespace saddleflow::fuzz {

inline void require_documented(const Error& error) {
  const std::string message = error.what();
  if (message.empty()) throw Finding("an error without a message");
  if (error.exit_code() < 2 || error.exit_code() > 4)
    throw Finding("exit status " + std::to_string(error.exit_code()) + ", expected 2, 3 or 4: " + message);
}

/// Whether `work` came to its end. Errors of the library and of the file system are documented refusals;
/// anything else (a missing key of a map, an index out of range, no memory for a small input) goes on to the
/// caller.
template <class Work>
bool accepted(const Work& work) {
  try {
    work();
    return true;
  } catch (const Error& error) {
    require_documented(error);
  } catch (const std::system_error& error) {
    // A file name that is too long, or a folder in its place.
    if (error.code() == std::error_code()) throw Finding("a system error without a reason");
  }
  return false;
}

}  // namespace saddleflow::fuzz
