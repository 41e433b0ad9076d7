#pragma once

#include <string>

namespace saddleflow::archive {

/// Copies the bytes and the permissions of a file to a new one. Returns 0, or the errno of what failed; the
/// new file may then be there in part. (The copy of the standard library says "Input/output error" of a full
/// disk.)
int copy_bytes(const std::string& from, const std::string& to);

}  // namespace saddleflow::archive
