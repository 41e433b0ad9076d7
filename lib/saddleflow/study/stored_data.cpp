#include "saddleflow/study/stored_data.hpp"

#include <filesystem>
#include <string_view>

#include "saddleflow/base/input_file.hpp"

namespace saddleflow {

namespace {

/// From rows on disk, one sample a row, to columns.
Matrix stored_samples(const std::vector<double>& rows, Index count, Index width) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(rows.data(), count, width).transpose().cast<Real>();
}

}  // namespace

bool is_run_file(const std::string& path) {
  constexpr std::string_view signature = "\x89HDF";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    return false;  // reading from a pipe would take from it
  return first_bytes(path, signature.size()) == signature;
}

Dataset stored_data(const archive::RunDescription& d) {
  Dataset data;
  data.inputs = stored_samples(d.inputs, d.sample_count, d.input_count);
  data.targets = stored_samples(d.targets, d.sample_count, d.output_count);
  data.origin = d.data_origin;
  data.seed = static_cast<long>(d.data_seed);
  data.dropped = d.dropped_rows;
  data.constant_columns = d.constant_columns;
  data.bias = d.bias;
  return data;
}

ProblemData stored_problem_data(const archive::RunDescription& d) {
  ProblemData data{stored_data(d), std::nullopt};
  if (d.test_sample_count == 0) return data;
  data.test = data.training;
  data.test->dropped = d.test_dropped_rows;
  data.test->inputs = stored_samples(d.test_inputs, d.test_sample_count, d.input_count);
  data.test->targets = stored_samples(d.test_targets, d.test_sample_count, d.output_count);
  return data;
}

}  // namespace saddleflow
