// How a file of the library is altered: a short text, the input of the targets that read HDF5. Every step
// goes through the HDF5 library, so that the file stays one that HDF5 reads, and what is tested are the
// checks of this library. (HDF5 1.10 itself can crash on bytes that no program of HDF5 has written:
// output/README.md. So single bytes are only changed in the values of datasets and attributes, where HDF5
// takes any; and anywhere in a sealed checkpoint, which is refused before HDF5 opens it.)
//
//   base smooth                 the file to begin with (base_files.hpp)
//   delete /events/kind         an object; "delete /run@stop_reason": an attribute
//   rename /loss /energy        copy /loss /loss2       soft /loss /nowhere
//   set /loss 3 nan             an entry of a dataset or attribute of numbers, counted over all axes
//   fill /time 1e300            all of them
//   byte /loss 17 128           the byte is changed by exclusive or
//   text /config/toml ...       a dataset or attribute with this text (%0a is a byte)
//   type /loss i1 | i8 | u8 | f4 | f8 | text | fixed | compound | enum | opaque | null
//   shape /weights 3 0 7        as many axes of these lengths; chunks without data
//   extend /loss 12             the length of the first axis
//   study flow.t_end=10         a key of /config/toml
// Steps that the file does not allow, and lines that are none, do nothing.
#pragma once

#include <string>
#include <vector>

#include "target.hpp"

namespace saddleflow::fuzz {

struct Step {
  std::string verb;
  std::vector<std::string> words;  ///< of `text` the rest of the line is one word
};

std::vector<Step> parse_recipe(const std::string& text);
std::string text_of(const std::vector<Step>& steps);

/// The name behind the last "base", if it is one of `bases`; the first of them else.
std::string base_of(const std::vector<Step>& steps, const std::vector<std::string>& bases);

/// Makes the file at `path` of the bytes and the steps, those that are no step of HDF5 left out.
void cook(const std::string& bytes, const std::vector<Step>& steps, const std::string& path);

/// Adds, changes or drops a step, for objects of the bases that have these names.
std::vector<Step> alter_recipe(std::vector<Step> steps, const std::vector<std::string>& bases, Dice& dice);

}  // namespace saddleflow::fuzz
