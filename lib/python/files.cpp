#include "files.hpp"

#include <pybind11/stl.h>

#include <string>
#include <utility>
#include <vector>

#include "saddleflow/archive/export_csv.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/report/from_file.hpp"
#include "saddleflow/report/page.hpp"
#include "saddleflow/study/saddle_start.hpp"

namespace saddleflow::python {

namespace py = pybind11;

namespace {

void write_report(const std::vector<std::string>& sources, const std::string& output, bool overwrite) {
  if (sources.size() == 1)
    report::write_page(output, report::read_run(sources.front()), existing_file(overwrite));
  else
    report::write_page(output, report::read_runs(sources), existing_file(overwrite));
}

std::vector<std::string> write_csv(const std::string& source, const std::string& folder, bool weights,
                                   bool overwrite) {
  return archive::export_csv(archive::RunReader::open(source), folder,
                             weights ? archive::WeightColumns::write : archive::WeightColumns::leave_out,
                             existing_file(overwrite));
}

/// The study that the file of saddles holds, and the overrides that make it start there.
std::pair<std::string, std::vector<std::string>> start_beside(const std::string& file, std::int64_t point,
                                                              double delta, const std::string& along,
                                                              const std::string& sign) {
  return {archive::RunReader::open(file).description().toml,
          start_overrides(file + ":" + std::to_string(point), delta, along, sign)};
}

}  // namespace

void add_files(py::module_& m) {
  m.def("report", &write_report, py::call_guard<py::gil_scoped_release>());
  m.def("export_csv", &write_csv, py::call_guard<py::gil_scoped_release>());
  m.def("start_beside", &start_beside);
}

}  // namespace saddleflow::python
