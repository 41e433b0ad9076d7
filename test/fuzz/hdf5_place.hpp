// A dataset or an attribute of an open file, by one kind of name: "/group/dataset" or
// "/group/object@attribute".
#pragma once

#include <string>
#include <vector>

#include "saddleflow/archive/hdf5/handle.hpp"

namespace saddleflow::fuzz {

namespace hdf5 = archive::hdf5;

/// Numbers, or bytes, of one place. Not open where there is none of that name.
class Place {
 public:
  Place(hid_t file, const std::string& name);

  bool open() const { return id_.id() >= 0; }
  bool is_attribute() const { return attribute_; }
  hid_t id() const { return id_; }
  hdf5::Handle type() const;
  hdf5::Handle space() const;
  /// -1: not known, or more than is read here.
  long entries() const;
  /// As in the file; empty for texts of variable length, which have pointers in memory.
  std::vector<unsigned char> bytes() const;
  void write_bytes(const std::vector<unsigned char>& bytes) const;

 private:
  bool attribute_ = false;
  hdf5::Handle object_, id_;
};

/// "/a/b" and "c" of "/a/b@c"; the second is empty for a dataset.
std::pair<std::string, std::string> parts_of(const std::string& name);

/// All places and objects of a file, by name.
std::vector<std::string> places_in(hid_t file);

}  // namespace saddleflow::fuzz
