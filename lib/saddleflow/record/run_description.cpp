#include "saddleflow/record/run_description.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/base/version.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/ode/stepper/registry.hpp"
#include "saddleflow/record/recorder.hpp"
#include "saddleflow/record/weight_measures.hpp"
#include "saddleflow/saddle/spectrum.hpp"
#include "saddleflow/study/group_data.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "saddleflow/study/parameterisation.hpp"

namespace saddleflow {

namespace {

void describe_network(const Network& network, archive::RunDescription& d) {
  d.network_kind = network.kind();
  const NetworkTraits traits = network.traits();
  d.network_traits = trait_names(traits);
  const bool means = as_means(network) != nullptr;
  if (means) d.network_traits.emplace_back("means");
  if (traits.pre_activations || means) d.activation = network.activation().description();
  for (Index size : network.layer_sizes()) d.layer_sizes.push_back(size);
  d.slope = static_cast<double>(network.activation().slope());
  d.power = network.activation().power();
  d.degree = network.degree();
  d.layer_count = network.layout().layer_count();
  for (Index i = 0; i < network.parameter_count(); ++i) {
    const ParameterPlace place = network.layout().place(i);
    d.parameter_layer.push_back(place.layer);
    d.parameter_row.push_back(place.row);
    d.parameter_column.push_back(place.column);
  }
  for (const Neuron& neuron : network.neurons()) {
    d.neuron_layer.push_back(neuron.layer);
    d.neuron_index.push_back(neuron.index);
  }
}

void describe_data(const Objective& objective, archive::RunDescription& d) {
  const Dataset& data = objective.data();
  d.loss = objective.loss().name();
  d.reduction = objective.loss().reduction_name();
  d.data_origin = data.origin;
  d.data_seed = data.seed;
  d.dropped_rows = data.dropped;
  d.constant_columns = data.constant_columns;
  const LossTraits traits = objective.loss().traits();
  d.attained = traits.attained;
  d.margins = traits.classification;
  d.decay = !objective.decay().empty();
  d.bias = data.bias;
  d.inputs = samples_by_row(data.inputs);
  d.targets = samples_by_row(data.targets);
  d.sample_count = data.inputs.cols();
  d.input_count = data.inputs.rows();
  d.output_count = data.targets.rows();
}

/// What a theory predicts for the data of the study.
void describe_stages(const Network& network, const StudyTable& study, archive::RunDescription& d) {
  for (const LearningStage& stage : predicted_stages(study, network)) {
    d.stage_loss.push_back(static_cast<double>(stage.loss));
    d.stage_correlation.push_back(static_cast<double>(stage.frequency.correlation));
    for (const Index k : stage.frequency.index) d.stage_frequency.push_back(k);
    d.group_factor_count = static_cast<std::int64_t>(stage.frequency.index.size());
  }
}

/// The rates that belong to the parameterisation of the start, where they are not 1: the flow of the file has
/// the rates of the study.
void describe_rates(const Network& network, const StudyTable& study, archive::RunDescription& d) {
  const std::vector<Real> rates = layer_rates(study.choice<InitKind>("init.kind"), network);
  if (rates.empty()) return;
  std::vector<double> numbers;
  for (const Real rate : rates) numbers.push_back(static_cast<double>(rate));
  d.provenance.emplace_back("start_rates", fmt::format("{}", fmt::join(numbers, " ")));
}

}  // namespace

int method_flag(const std::vector<std::string>& names, std::string_view method) {
  const auto found = std::find(names.begin(), names.end(), method);
  if (found == names.end())
    throw InputError(
        fmt::format("/stepper: found the method \"{}\", expected one of {}: is the stepper registered?",
                    method, fmt::join(names, ", ")));
  return static_cast<int>(found - names.begin());
}

archive::RunDescription describe_problem(const Objective& objective, const StudyTable& study,
                                         const std::string& command) {
  return describe_problem(objective.network(), objective, study, command);
}

archive::RunDescription describe_problem(const Network& network, const Objective& objective,
                                         const StudyTable& study, const std::string& command) {
  archive::RunDescription d;
  d.title = study.text("title");
  d.command = command;
  describe_network(network, d);
  describe_data(objective, d);
  describe_stages(network, study, d);
  d.toml = study.filled();
  d.toml_user = study.typed();
  d.provenance = provenance();
  d.event_kinds = {name_of(EventKind::end)};
  d.stepper_names = step_method_names();
  return d;
}

void describe_test_set(const std::optional<Dataset>& test, archive::RunDescription& d) {
  if (!test) return;
  d.test_inputs = samples_by_row(test->inputs);
  d.test_targets = samples_by_row(test->targets);
  d.test_sample_count = test->inputs.cols();
  d.test_dropped_rows = test->dropped;
}

archive::RunDescription describe_run(const FlowSetup& setup, const StudyTable& study,
                                     const std::string& command) {
  archive::RunDescription d = describe_problem(setup.network(), setup.objective, study, command);
  describe_test_set(setup.test, d);
  d.eigenvalue_count = spectrum_size(setup.objective.size());
  if (study.boolean("output.singular_values")) describe_weight_measures(setup.network(), d);
  const auto distances =
      by_name<RecordedDistances>(study.text("output.manifold_distance"), "output.manifold_distance");
  // Of the coordinates: among neurons with rates of their own only those without some of them are invariant.
  if (records_distances(setup.objective.network(), distances))
    describe_distances(setup.objective.network(), d);
  if (const std::optional<SaddleStart> start = saddle_start(study))
    for (auto& attribute : provenance_of(*start)) d.provenance.push_back(std::move(attribute));
  describe_rates(setup.network(), study, d);
  d.event_kinds = Recorder::event_kinds(setup);
  d.mode_changes = setup.parts.switching != nullptr;
  const OuterLayer* outer = setup.objective.outer_layer();
  d.patches = d.mode_changes && outer != nullptr && outer->patch_count() > 1;
  return d;
}

}  // namespace saddleflow
