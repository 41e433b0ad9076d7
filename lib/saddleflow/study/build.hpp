// From a checked study to the objects of a run.
#pragma once

#include <memory>
#include <optional>

#include "saddleflow/flow/flow_events.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// [network]. Throws InputError (as all here) naming the study file and the key.
/// With one input more than the data have where the study asks for a bias.
std::shared_ptr<const Network> build_network(const StudyTable& study);
/// network.bias = "first": the data get a last input that is 1 for every sample.
bool has_bias(const StudyTable& study);
/// The training set of [data]: from the file or the generator, checked against the network's inputs and
/// outputs.
Dataset build_dataset(const StudyTable& study, const Network& network);
/// Both sets of [data]: data.test_samples of a generator, data.test_fraction of a file's rows (taken out of
/// the training set) or data.test_file; no test set without. Columns are standardised by what the training
/// set says.
struct ProblemData {
  Dataset training;
  std::optional<Dataset> test;
};
ProblemData build_data(const StudyTable& study, const Network& network);
/// The key that asks for a test set; empty where none does.
std::string test_set_key(const StudyTable& study);
/// [loss].
Loss build_loss(const StudyTable& study);
/// flow.decay. InputError that names the key.
WeightDecay build_decay(const StudyTable& study, const Network& network);
/// InputError for a study whose layers or neurons have rates of their own (flow.rate,
/// flow.neuron_rate), which `what` is not for.
void require_one_rate(const StudyTable& study, const std::string& what);
/// The same for a study with flow.decay.
void require_no_decay(const StudyTable& study, const std::string& what);
/// [flow], at this rtol. `energy_unit`: L(0), the scale of the energy integral.
StepperOptions build_stepper_options(const StudyTable& study, const Network& network, Real rtol,
                                     Real energy_unit);
/// [events].
FlowEventOptions build_event_options(const StudyTable& study);

}  // namespace saddleflow
