#include "saddleflow/archive/table_file.hpp"

#include <hdf5.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "saddleflow/archive/create.hpp"
#include "saddleflow/archive/edit.hpp"
#include "saddleflow/archive/hdf5/attribute.hpp"
#include "saddleflow/archive/hdf5/dataset.hpp"
#include "saddleflow/archive/hdf5/error.hpp"
#include "saddleflow/archive/hdf5/handle.hpp"
#include "saddleflow/base/version.hpp"

namespace saddleflow::archive {
namespace {

/// Writes one table into an open file.
class TableWriter {
 public:
  TableWriter(hid_t file, const TableFile& table) : file_(file), table_(table) {}

  void write() {
    const hdf5::Handle root = hdf5::open_group(file_, "/");
    hdf5::write_attribute(root, "Conventions", std::string("CF-1.8"));
    hdf5::write_attribute(root, "title", table_.title);
    hdf5::write_attribute(root, "source", std::string("saddleflow ") + version());
    hdf5::write_attribute(root, "history", utc_now() + " " + table_.command);
    for (const auto& [name, text] : table_.attributes) hdf5::write_attribute(root, name, text);
    for (const TableAxis& axis : table_.axes) write_axis(axis);
    for (const TableColumn& column : table_.columns)
      std::visit([this](const auto& kind) { write_column(kind); }, column);
  }

 private:
  hdf5::Handle create(const std::string& name, const std::string& long_name,
                      const std::vector<hsize_t>& sizes, hid_t type) {
    const hdf5::Handle space(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
                             H5Sclose);
    hdf5::Handle dataset(
        hdf5::check(H5Dcreate2(file_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                    file_, name, "create"),
        H5Dclose);
    hdf5::write_attribute(dataset, "long_name", long_name);
    hdf5::write_attribute(dataset, "units", std::string("1"));
    return dataset;
  }

  void write_axis(const TableAxis& axis) {
    const hdf5::Handle dataset = create(axis.name, axis.long_name, {axis.values.size()}, H5T_IEEE_F64LE);
    if (!axis.values.empty()) hdf5::write_all(dataset, axis.values);
    hdf5::check(H5DSset_scale(dataset, axis.name.c_str()), dataset, "", "make a scale");
  }

  const TableAxis& axis(const std::string& name) const {
    const auto found = std::ranges::find(table_.axes, name, &TableAxis::name);
    if (found == table_.axes.end()) throw std::logic_error("table file: no axis " + name);
    return *found;
  }

  /// An empty dataset along the axes of `column`, which has one value for each of their places.
  template <class Column>
  hdf5::Handle create_column(const Column& column, hid_t type) {
    std::vector<hsize_t> sizes;
    hsize_t count = 1;
    for (const std::string& name : column.axes) {
      sizes.push_back(axis(name).values.size());
      count *= sizes.back();
    }
    if (count != column.values.size())
      throw std::logic_error("table file: " + column.name + " has another size than its axes");
    hdf5::Handle dataset = create(column.name, column.long_name, sizes, type);
    for (unsigned k = 0; k < column.axes.size(); ++k) {
      const hdf5::Handle scale = hdf5::open_dataset(file_, column.axes[k]);
      hdf5::check(H5DSattach_scale(dataset, scale, k), dataset, "", "attach a scale");
    }
    return dataset;
  }

  static void write_attributes(hid_t dataset, const TableAttributes& attributes) {
    for (const auto& [name, text] : attributes) hdf5::write_attribute(dataset, name, text);
  }

  void write_column(const TableArray& array) {
    const hdf5::Handle dataset = create_column(array, H5T_IEEE_F64LE);
    write_attributes(dataset, array.attributes);
    if (!array.values.empty()) hdf5::write_all(dataset, array.values);
  }

  void write_column(const TableTexts& texts) {
    const hdf5::Handle type = hdf5::text_type();
    const hdf5::Handle dataset = create_column(texts, type);
    write_attributes(dataset, texts.attributes);
    std::vector<const char*> starts;
    for (const std::string& text : texts.values) starts.push_back(text.c_str());
    if (!starts.empty())
      hdf5::check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, starts.data()), dataset, "",
                  "write");
  }

  void write_column(const TableFlags& flags) {
    const hdf5::Handle dataset = create_column(flags, H5T_STD_I8LE);
    std::vector<std::int8_t> values(flags.meanings.size());
    std::iota(values.begin(), values.end(), std::int8_t{0});
    hdf5::write_attribute(dataset, "flag_values", values);
    std::string meanings;
    for (const std::string& meaning : flags.meanings) meanings += (meanings.empty() ? "" : " ") + meaning;
    hdf5::write_attribute(dataset, "flag_meanings", meanings);
    if (!flags.values.empty())
      hdf5::write_all(dataset, std::vector<std::int64_t>(flags.values.begin(), flags.values.end()));
  }

  hid_t file_;
  const TableFile& table_;
};

}  // namespace

void write_table_file(const std::string& path, const TableFile& table, ExistingFile existing) {
  make_file(path, existing, [&](const std::string& draft) {
    hdf5::Handle file = hdf5::create_file(draft);
    TableWriter(file, table).write();
    hdf5::close_file(file, draft);
  });
}

}  // namespace saddleflow::archive
