// What the package makes of stored runs without a computation: pages, tables, the start beside a saddle.
#pragma once

#include <pybind11/pybind11.h>

namespace saddleflow::python {

void add_files(pybind11::module_& m);

}  // namespace saddleflow::python
