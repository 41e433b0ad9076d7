// Exceptions of the library. Every message is one line that names the file, key or dataset, what was found
// and what was expected; tools print it as it is and leave with `exit_code()`.
#pragma once

#include <stdexcept>
#include <string>

namespace saddleflow {

/// Base of all exceptions that the library throws on purpose.
class Error : public std::runtime_error {
 public:
  Error(const std::string& message, int exit_code) : std::runtime_error(message), exit_code_(exit_code) {}
  int exit_code() const { return exit_code_; }

 private:
  int exit_code_;
};

/// Bad input: a study file, a data file, a command line. Exit code 2.
class InputError : public Error {
 public:
  explicit InputError(const std::string& message) : Error(message, 2) {}
};

/// The computation could not go on: non-finite values, step size underflow. Exit code 3.
class NumericalError : public Error {
 public:
  explicit NumericalError(const std::string& message) : Error(message, 3) {}
};

/// The operating system or the HDF5 library refused: permissions, full disk, damaged file. Exit code 4.
class IoError : public Error {
 public:
  explicit IoError(const std::string& message) : Error(message, 4) {}
};

/// A computation was asked to end before it had a result. Exit code 130.
class Interrupted : public Error {
 public:
  Interrupted() : Error("interrupted", 130) {}
};

}  // namespace saddleflow
