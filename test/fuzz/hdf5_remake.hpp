// Datasets and attributes made anew, of the same name and another form. Attributes of a dataset go with it,
// as far as they are not those of its axes.
#pragma once

#include <hdf5.h>

#include <string>
#include <vector>

namespace saddleflow::fuzz {

// All do nothing where HDF5 refuses.

/// Whether a shape of so many entries says anything of the library: small ones are read, and beyond the
/// memory of any machine they must be refused. What lies between is read where the machine has the memory,
/// and takes its time.
bool is_telling_shape(const std::vector<hsize_t>& sizes);

/// A scalar text.
void remake_as_text(hid_t file, const std::string& name, const std::string& text);
/// The same extents with another type (recipe.hpp); zeros.
void remake_as_type(hid_t file, const std::string& name, const std::string& type);
/// The same type with other extents, without data where it is a dataset; none: a scalar.
void remake_with_shape(hid_t file, const std::string& name, const std::vector<hsize_t>& sizes);

}  // namespace saddleflow::fuzz
