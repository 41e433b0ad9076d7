// Counts of studies and files are asked for here before memory is asked for: a system that lends more memory
// than it has would otherwise end the process, and not with a message.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace saddleflow {

/// InputError "<place>: found <count> numbers ..." unless the product of the extents, as numbers of eight
/// bytes, fits into the memory of this machine. `place` names file and key or dataset, `what` the things
/// counted.
void require_memory(const std::string& place, const std::string& what,
                    std::initializer_list<std::int64_t> extents);
void require_memory(const std::string& place, const std::string& what, double numbers);

/// Bytes of memory that this machine has.
double memory_bytes();

}  // namespace saddleflow
