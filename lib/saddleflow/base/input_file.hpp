// Text inputs as a whole: studies, tables, lists of numbers. Input without an end is refused before it fills
// the memory.
#pragma once

#include <filesystem>
#include <string>

namespace saddleflow {

/// All bytes of a file. `expected` says what it should be, for messages: "a study file (TOML)". A pipe is
/// read to its end. InputError for a folder or a device, and beyond an eighth of the memory of this machine
/// (what is made of the bytes needs several times their room); IoError for a file that is missing or cannot
/// be read.
std::string read_input(const std::filesystem::path& path, const std::string& expected);

/// InputError for a folder, a device or a socket. Nothing where there is no file.
void refuse_special_input(const std::filesystem::path& path, const std::string& expected);

/// "a folder", "a device", "a pipe (FIFO)", "a socket"; empty for a plain file and where there is none.
std::string special_kind(const std::filesystem::path& path);

/// The first `count` bytes of a plain file, or fewer where it has fewer. IoError if it cannot be read.
std::string first_bytes(const std::filesystem::path& path, std::size_t count);

}  // namespace saddleflow
