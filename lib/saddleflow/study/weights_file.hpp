// Weights as text, one a line.
#pragma once

#include <string>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// The numbers of a text file, one a line; empty lines and those that begin with # are left out. IoError
/// where it cannot be read, InputError that names the line for anything else than a finite number, or without
/// any.
Vector read_weights(const std::string& path);

}  // namespace saddleflow
