// [data] of a study.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/memory_bound.hpp"
#include "saddleflow/problem/data_files.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/problem/standardise.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/group_data.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/matrix_data.hpp"
#include "saddleflow/study/population_study.hpp"
#include "saddleflow/study/split_rows.hpp"
#include "saddleflow/study/stored_data.hpp"

namespace saddleflow {

namespace {

// The activation of a teacher: the network's where the study names none.
Activation teacher_activation(const StudyTable& study, const std::string& section, const Activation& own) {
  const Real slope = study.has(section + ".slope") ? study.real(section + ".slope") : own.slope();
  const int power =
      study.has(section + ".power") ? static_cast<int>(study.integer(section + ".power")) : own.power();
  return Activation(slope, power);
}

std::vector<Real> optional_reals(const StudyTable& study, const std::string& path) {
  return study.has(path) ? study.reals(path) : std::vector<Real>{};
}

/// Inputs of the data: those of the network but the bias.
Index data_inputs(const StudyTable& study, const Network& network) {
  return network.input_count() - (has_bias(study) ? 1 : 0);
}

TeacherOptions build_teacher(const StudyTable& study, Index inputs, Index outputs, const Activation& own) {
  TeacherOptions teacher;
  teacher.layers = {inputs};
  for (Index width : study.integers("data.teacher.hidden")) teacher.layers.push_back(width);
  teacher.layers.push_back(outputs);
  teacher.activation = teacher_activation(study, "data.teacher", own);
  teacher.scale = study.real("data.teacher.scale");
  teacher.outer = optional_reals(study, "data.teacher.outer");
  teacher.weights = optional_reals(study, "data.teacher.weights");
  return teacher;
}

std::vector<Monomial> build_polynomial(const StudyTable& study) {
  std::vector<Monomial> monomials;
  for (std::size_t i = 0; i < study.count("data.sparse_polynomial"); ++i) {
    const std::string prefix = fmt::format("data.sparse_polynomial[{}].", i);
    const bool constant = !study.has(prefix + "coordinates");
    monomials.push_back({study.real(prefix + "coefficient"),
                         constant ? std::vector<Index>{} : study.integers(prefix + "coordinates")});
  }
  return monomials;
}

}  // namespace

GeneratorOptions teacher_options(const StudyTable& study, Index inputs, Index outputs,
                                 const Activation& own) {
  GeneratorOptions options;
  options.targets = study.choice<TargetKind>("data.targets");
  options.dimension = inputs;
  options.outputs = outputs;
  options.seed = static_cast<std::uint64_t>(study.integer("data.seed"));
  if (options.targets == TargetKind::teacher || options.targets == TargetKind::classes)
    options.teacher = build_teacher(study, inputs, outputs, own);
  if (options.targets == TargetKind::teacher_sum)
    options.teacher_sum = {study.matrix("data.teacher_sum.vectors"),
                           study.reals("data.teacher_sum.coefficients"),
                           teacher_activation(study, "data.teacher_sum", own)};
  return options;
}

namespace {

/// Targets as the loss takes them: labels of classes may be given.
Matrix encoded(const StudyTable& study, const Network& network, const Matrix& given) {
  try {
    return build_loss(study).function().encoded_targets(given, network.output_count());
  } catch (const InputError& error) {  // the file is known here
    throw InputError(study.name() + ": " + error.what());
  }
}

GeneratorOptions build_generator(const StudyTable& study, const Network& network) {
  GeneratorOptions options =
      teacher_options(study, data_inputs(study, network), network.output_count(), network.activation());
  options.inputs = study.choice<InputKind>("data.inputs");
  options.samples = study.integer("data.samples");
  options.scale = study.real("data.scale");
  options.offset = study.real("data.offset");
  options.noise = study.real("data.noise");
  if (options.inputs == InputKind::given) {
    options.given_inputs = study.matrix("data.given.inputs").transpose();
    options.samples = options.given_inputs.cols();
  }
  switch (options.targets) {
    case TargetKind::sparse_polynomial:
      options.sparse_polynomial = build_polynomial(study);
      break;
    case TargetKind::linear:
      options.linear = study.matrix("data.linear.matrix");
      break;
    case TargetKind::given:
      options.given_targets = encoded(study, network, study.matrix("data.given.targets").transpose());
      break;
    case TargetKind::teacher:
    case TargetKind::teacher_sum:
    case TargetKind::classes:
    case TargetKind::signs:
      break;
  }
  return options;
}

void check_sizes(const StudyTable& study, const Dataset& data, const Network& network) {
  const Index inputs = data.inputs.rows() - (data.bias ? 1 : 0);
  if (inputs != data_inputs(study, network))
    study.fail("network.layers", fmt::format("found {} inputs, but the data ({}) have {}",
                                             data_inputs(study, network), data.origin, inputs));
  if (data.targets.rows() != network.output_count())
    study.fail("network.layers", fmt::format("found {} outputs, but the data ({}) have {} targets a sample",
                                             network.output_count(), data.origin, data.targets.rows()));
}

/// Of the key `key`, as it lies in the file.
Dataset read_file_of(const StudyTable& study, const Network& network, const std::string& key) {
  FileOptions options;
  options.drop_gaps = study.boolean("data.drop_gaps");
  options.arrays = {study.text("data.array.inputs"), study.text("data.array.targets")};
  options.input_count = data_inputs(study, network);
  Dataset data = load_dataset(study.resolve(study.text(key)), options);
  data.origin = study.text(key);  // as in the study: the run file names no folder of this machine
  return data;
}

/// Training and test targets are encoded together: what the labels of classes begin with is seen by all of
/// them, and the test set may lack some.
ProblemData sets_of_two_files(const StudyTable& study, const Network& network) {
  ProblemData data{read_file_of(study, network, "data.file"), read_file_of(study, network, "data.test_file")};
  Matrix &first = data.training.targets, &second = data.test->targets;
  if (data.test->inputs.rows() != data.training.inputs.rows() || first.rows() != second.rows())
    study.fail(
        "data.test_file",
        fmt::format("found {} inputs and {} targets a sample, expected {} and {} as in data.file",
                    data.test->inputs.rows(), second.rows(), data.training.inputs.rows(), first.rows()));
  Matrix both(first.rows(), first.cols() + second.cols());
  both << first, second;
  both = encoded(study, network, both);
  second = both.rightCols(second.cols());
  first = both.leftCols(first.cols()).eval();
  return data;
}

/// By the one key that the study asks with for a test set, if any; a file has no further samples.
ProblemData sets_of_file(const StudyTable& study, const Network& network) {
  if (study.integer("data.test_samples") > 0)
    study.fail("data.test_samples", "found beside data.file, expected data.test_fraction or data.test_file");
  const Real fraction = study.real("data.test_fraction");
  if (study.has("data.test_file")) {
    if (fraction > 0)
      study.fail("data.test_fraction", "found beside data.test_file, expected one of the two");
    return sets_of_two_files(study, network);
  }
  Dataset data = read_file_of(study, network, "data.file");
  data.targets = encoded(study, network, data.targets);
  return fraction > 0 ? split_rows(study, data, fraction, "data.test_fraction")
                      : ProblemData{std::move(data), std::nullopt};
}

ProblemData from_file(const StudyTable& study, const Network& network) {
  ProblemData data = sets_of_file(study, network);
  if (!study.boolean("data.standardise")) return data;
  using Columns = Standardiser::Columns;
  const bool classes = build_loss(study).traits().classification;
  const Standardiser standardiser(data.training, classes ? Columns::inputs : Columns::all);
  standardiser.apply(data.training);
  if (data.test) standardiser.apply(*data.test);  // what is known before the test set is seen
  return data;
}

/// What only a file has would be ignored.
void refuse_keys_of_files(const StudyTable& study) {
  if (study.real("data.test_fraction") > 0)
    study.fail("data.test_fraction", "found without data.file, expected data.test_samples");
  if (study.has("data.test_file"))
    study.fail("data.test_file", "found without data.file, expected data.test_samples");
  for (const char* key : {"data.standardise", "data.drop_gaps"})
    if (study.boolean(key)) study.fail(key, "found true without data.file");
}

/// Of every sample there are its numbers and, while gradients are computed, one of each hidden neuron.
void require_memory_of(const StudyTable& study, const Network& network, const std::string& key) {
  const Index width =
      network.input_count() + network.output_count() + static_cast<Index>(network.neurons().size());
  require_memory(study.name() + ": " + key, "numbers of samples and neurons", {study.integer(key), width});
}

ProblemData from_generator(const StudyTable& study, const Network& network) {
  refuse_keys_of_files(study);
  for (const char* key : {kSampleCount, "data.test_samples"})
    if (study.has(key)) require_memory_of(study, network, key);
  try {
    if (is_matrix_problem(study)) return build_matrix_data(study, network);
    if (is_population(study)) return {build_population_data(study), std::nullopt};
    if (is_group_problem(study)) return build_group_data(study);
    const GeneratorOptions options = build_generator(study, network);
    ProblemData data{generate_dataset(options), std::nullopt};
    if (study.integer("data.test_samples") > 0)
      data.test = generate_test_set(options, study.integer("data.test_samples"));
    return data;
  } catch (const InputError& error) {  // these name the key; the file is known here
    const std::string what = error.what();
    throw InputError(what.starts_with(study.name()) ? what : study.name() + ": " + what);
  }
}

}  // namespace

namespace {

/// Those of the training set are checked where the objective is made.
void check_test_targets(const StudyTable& study, const Dataset& test) {
  try {
    build_loss(study).check_targets(test.targets);
  } catch (const InputError& error) {
    throw InputError(study.name() + ": test set: " + error.what());
  }
}

/// As the file holds them, where the study is stored in one: the files of [data] need not be where they were.
ProblemData made_data(const StudyTable& study, const Network& network) {
  if (!study.data_in().empty())
    return stored_problem_data(archive::RunReader::open(study.data_in()).description());
  return study.has("data.file") ? from_file(study, network) : from_generator(study, network);
}

void add_bias(Dataset& data) {
  data.inputs.conservativeResize(data.inputs.rows() + 1, Eigen::NoChange);
  data.inputs.bottomRows(1).setOnes();
  data.bias = true;
}

}  // namespace

ProblemData build_data(const StudyTable& study, const Network& network) {
  ProblemData data = made_data(study, network);
  check_sizes(study, data.training, network);
  if (data.training.bias) return data;
  if (data.test) check_test_targets(study, *data.test);
  if (has_bias(study)) {
    add_bias(data.training);
    if (data.test) add_bias(*data.test);
  }
  return data;
}

std::string test_set_key(const StudyTable& study) {
  if (study.integer("data.test_samples") > 0) return "data.test_samples";
  if (study.real("data.test_fraction") > 0) return "data.test_fraction";
  if (is_group_problem(study) && study.real("data.group.train_fraction") < 1)
    return "data.group.train_fraction";
  return study.has("data.test_file") ? "data.test_file" : "";
}

Dataset build_dataset(const StudyTable& study, const Network& network) {
  return build_data(study, network).training;
}

}  // namespace saddleflow
