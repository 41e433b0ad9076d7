// What a file of ours is made of, copied piece by piece into another file. Internal to archive/.
#pragma once

#include <hdf5.h>

#include <string>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"

namespace saddleflow::archive {

struct Object {
  std::string path;  ///< "/events/event"
  H5O_type_t type;
};

/// All groups, datasets and named types of a file but its root, groups before what they hold.
std::vector<Object> objects_of(hid_t file, H5_index_t order);

/// All attributes but those of the library of dimension scales: these hold addresses.
void copy_attributes(hid_t from, hid_t to);

/// The numbers or texts of a dataset, at once, into one of the same extent.
void copy_value(hid_t source, hid_t copy);

/// Makes the same datasets scales, and attaches them to the same axes.
void copy_scales(hid_t from, hid_t to, const std::vector<Object>& objects);

}  // namespace saddleflow::archive
