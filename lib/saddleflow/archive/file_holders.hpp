// Which processes have a file open, for messages.
#pragma once

#include <string>

namespace saddleflow::archive {

/// "process 4242 (python3 look.py)", of this machine, other than the present one, as far as this user may see
/// them; several are set apart by commas. "another process" where none is seen (another user's, another
/// machine's).
std::string holders_of(const std::string& path);

/// "process 4242 (python3 look.py)" of this machine; "another process" for a number that is none.
std::string process_name(long process);

}  // namespace saddleflow::archive
