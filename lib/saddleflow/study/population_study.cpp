#include "saddleflow/study/population_study.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "saddleflow/network/population.hpp"
#include "saddleflow/problem/population.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "saddleflow/study/keys.hpp"

namespace saddleflow {
namespace {

[[noreturn]] void refuse(const StudyTable& study, const std::string& key, const std::string& found,
                         const std::string& expected) {
  study.fail(key, fmt::format("found {} with data.inputs = \"{}\", expected {}", found, kPopulationInputs,
                              expected));
}

std::string quoted(const std::string& word) { return '"' + word + '"'; }

void check_function_keys(const StudyTable& study) {
  if (study.has("data.file")) refuse(study, "data.file", "a file", "none: the inputs are no samples");
  if (study.text("network.kind") != "feed_forward")
    refuse(study, "network.kind", quoted(study.text("network.kind")), "feed_forward with one hidden layer");
  if (study.integers("network.layers").size() != 3)
    refuse(study, "network.layers", fmt::format("{} numbers", study.integers("network.layers").size()),
           "inputs, one hidden width, outputs");
  if (has_bias(study)) refuse(study, "network.bias", "\"first\"", "no bias");
  if (study.text("loss.kind") != "square")
    refuse(study, "loss.kind", quoted(study.text("loss.kind")), "square");
}

/// Keys of samples.
void check_sample_keys(const StudyTable& study) {
  if (study.has(kSampleCount))
    refuse(study, kSampleCount, std::to_string(study.integer(kSampleCount)),
           "none: there are infinitely many");
  if (study.real("data.noise") != 0)
    refuse(study, "data.noise", fmt::format("{}", static_cast<double>(study.real("data.noise"))),
           "0: noise adds the constant half of its variance to the loss");
  if (study.real("data.scale") != 1)
    refuse(study, "data.scale", fmt::format("{}", static_cast<double>(study.real("data.scale"))),
           "1: the inputs are N(0, I)");
  const std::string test = test_set_key(study);
  if (!test.empty()) refuse(study, test, "a test set", "none: the loss is that of all inputs");
}

void check_teacher_keys(const StudyTable& study) {
  const auto targets = study.choice<TargetKind>("data.targets");
  if (targets != TargetKind::teacher && targets != TargetKind::teacher_sum)
    refuse(study, "data.targets", quoted(study.text("data.targets")), "teacher or teacher_sum");
  if (targets == TargetKind::teacher && study.integers("data.teacher.hidden").size() != 1)
    refuse(study, "data.teacher.hidden",
           fmt::format("{} widths", study.integers("data.teacher.hidden").size()), "one hidden layer");
}

/// The network as a function, with all d inputs.
std::shared_ptr<const Network> function_of(const StudyTable& study) {
  return feed_forward(
      study.integers("network.layers"),
      Activation(study.real("network.slope"), static_cast<int>(study.integer("network.power"))));
}

PopulationTeacher teacher_of(const StudyTable& study, const Network& function) {
  TeacherNeurons neurons = teacher_neurons(
      teacher_options(study, function.input_count(), function.output_count(), function.activation()));
  return {std::move(neurons.incoming), std::move(neurons.outer), neurons.activation};
}

/// The span is known only with the start, and an aligned one is that of a loss in given coordinates; rates by
/// fan-in are those of a network with all inputs.
void check_start_in_span(const StudyTable& study) {
  using enum InitKind;
  const auto kind = study.choice<InitKind>("init.kind");
  if (kind == aligned || kind == ntk || kind == mean_field || kind == mup)
    study.fail("init.kind", fmt::format("found \"{}\" with data.population.coordinates = \"span\", expected "
                                        "another start, or the coordinates \"all\"",
                                        name_of(kind)));
}

Matrix basis_of_study(const StudyTable& study, const Network& function, const PopulationTeacher& teacher) {
  check_start_in_span(study);
  return span_of_rows(teacher.vectors,
                      function.layout().matrix(build_initial_weights_of(study, function), 0));
}

}  // namespace

bool is_population(const StudyTable& study) { return study.text("data.inputs") == kPopulationInputs; }

bool is_in_span(const StudyTable& study) {
  return is_population(study) && study.text("data.population.coordinates") == "span";
}

std::shared_ptr<const Network> build_population_network(const StudyTable& study) {
  check_function_keys(study);
  check_sample_keys(study);
  check_teacher_keys(study);
  const auto function = function_of(study);
  const bool sum = study.choice<TargetKind>("data.targets") == TargetKind::teacher_sum;
  const GeneratorOptions options =
      teacher_options(study, function->input_count(), function->output_count(), function->activation());
  PopulationShape shape;
  shape.layers = function->layer_sizes();
  shape.activation = function->activation();
  shape.teacher = sum ? options.teacher_sum.activation : options.teacher.activation;
  shape.teachers = sum ? options.teacher_sum.vectors.rows() : options.teacher.layers[1];
  if (is_in_span(study)) shape.basis = std::min(shape.layers[0], shape.teachers + shape.layers[1]);
  return population_network(shape);
}

Dataset build_population_data(const StudyTable& study) {
  const auto function = function_of(study);
  const PopulationTeacher teacher = teacher_of(study, *function);
  Dataset data = is_in_span(study) ? population_data(teacher, basis_of_study(study, *function, teacher))
                                   : population_data(teacher);
  data.origin = fmt::format("generator {}/{}", kPopulationInputs, study.text("data.targets"));
  data.seed = static_cast<long>(study.integer("data.seed"));
  return data;
}

Vector initial_weights_in_span(const StudyTable& study, const Network& network) {
  const auto kind = study.choice<InitKind>("init.kind");
  if (kind == InitKind::saddle || kind == InitKind::run) {
    // Stored coordinates: they are those of the basis that their file holds.
    if (study.data_in().empty())
      study.fail("init.kind",
                 fmt::format("found \"{}\" with data.population.coordinates = \"span\", expected a "
                             "start in all {} coordinates, or --from with the file itself",
                             name_of(kind), network.input_count()));
    return build_initial_weights_of(study, network);
  }
  const auto function = function_of(study);
  const Vector all = build_initial_weights_of(study, *function);
  const Matrix basis = basis_of_study(study, *function, teacher_of(study, *function));
  Vector w(network.parameter_count());
  network.layout().matrix(w, 0) = function->layout().matrix(all, 0) * basis;
  network.layout().matrix(w, 1) = function->layout().matrix(all, 1);
  return w;
}

}  // namespace saddleflow
