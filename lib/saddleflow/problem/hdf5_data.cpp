#include "saddleflow/problem/hdf5_data.hpp"

#include "saddleflow/problem/data_table.hpp"

namespace saddleflow {

Dataset read_hdf5_data(const std::string& path, const ArrayNames& names, bool drop_gaps) {
  const auto table = [&path](const std::string& name) {
    return DataTable{archive::read_dataset_2d(path, name), name.starts_with('/') ? name : "/" + name};
  };
  const DataTable inputs = table(names.inputs);
  return dataset_of(path, inputs, table(names.targets), drop_gaps);
}

}  // namespace saddleflow
