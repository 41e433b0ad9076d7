// Where an output goes: links are followed, and only plain files are ever replaced.
#pragma once

#include <string>
#include <string_view>

#include "saddleflow/base/existing_file.hpp"

namespace saddleflow {

/// The path at the end of symbolic links, also of a link to a file that is not there yet; the path itself if
/// it is no link. InputError where links lead in a circle.
std::string followed(const std::string& path);

/// What can be said of an output before the work that fills it. InputError if there is a folder, a device, a
/// pipe or a socket of this name, or if the name is too long for the files that stand beside it meanwhile
/// (drafts, lock, checkpoint); IoError if there is no such folder.
void require_plain_output(const std::string& path);

/// A name beside the output for a draft of this process alone: "FILE.1234-0.part". `path` as from followed().
std::string draft_name(const std::string& path);

/// Writes a text in one step: a draft that takes the name when it is on the disk. Links are followed.
/// InputError as require_plain_output(), and if the file exists and is to be kept; IoError if it cannot be
/// written. A caller that holds an archive::OutputLock meanwhile also removes the draft that a killed process
/// has left.
void write_output(const std::string& path, std::string_view text, ExistingFile existing);

}  // namespace saddleflow
