// From a checked study to the objects of a run.
#pragma once

#include <memory>

#include "saddleflow/integrate/flow_events.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/dataset.hpp"
#include "saddleflow/problem/loss.hpp"
#include "saddleflow/stepper/stepper.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// [network]. Throws InputError (as all here) naming the study file and the key.
std::shared_ptr<const Network> build_network(const StudyTable& study);
/// [data]: from the file or the generator, checked against the network's inputs and outputs.
Dataset build_dataset(const StudyTable& study, const Network& network);
/// [loss].
Loss build_loss(const StudyTable& study);
/// [flow], at this rtol. `energy_unit`: L(0), the scale of the energy integral.
StepperOptions build_stepper_options(const StudyTable& study, const Network& network, Real rtol,
                                     Real energy_unit);
/// [events].
FlowEventOptions build_event_options(const StudyTable& study);

}  // namespace saddleflow
