// All objects of one gradient-flow run, wired together.
#pragma once

#include <memory>
#include <optional>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/study/flow_rates.hpp"
#include "saddleflow/study/study_table.hpp"

namespace saddleflow {

/// What flow.t_end counts from.
enum class EndFrom {
  start,
  escape,  ///< leaving the polar chart
};

template <>
inline constexpr auto enum_table<EndFrom> =
    named_enum<EndFrom>("beginning of the time", {{EndFrom::start, "start"}, {EndFrom::escape, "escape"}});

/// Charts, stepper, kinks, tolerances and events of a study for this problem, at a tolerance that may be
/// another than the study's. InputError where they do not fit the network.
FlowAssemblyOptions assembly_options(const StudyTable& study, const Objective& objective,
                                     const FlowRates& rates, Real rtol);

/// Built from a study; neither copied nor moved, since the parts refer to one another.
class FlowSetup {
 public:
  /// `rtol` overrides the study's where positive. Throws InputError (IoError for data files).
  explicit FlowSetup(const StudyTable& study, Real rtol = 0);
  FlowSetup(const FlowSetup&) = delete;
  FlowSetup& operator=(const FlowSetup&) = delete;

  /// Of the weights; that of the objective belongs to the coordinates of the flow.
  const Network& network() const { return *weight_network; }
  /// The events' and the probe's part of a checkpoint.
  std::vector<Real> memory() const;
  void restore(const std::vector<Real>& memory);

  /// Without the interrupt and the callbacks.
  IntegrationOptions integration_options() const;

  Real rtol;
  Loss loss;  ///< by the outputs
  std::shared_ptr<const Network> weight_network;
  FlowRates rates;              ///< what leads from the coordinates of the flow to the weights
  std::optional<Dataset> test;  ///< what [data] keeps for the test error; no part of the flow
  Objective
      objective;  ///< of the coordinates of the flow: the weights, unless layers have rates of their own
  Vector w0;      ///< the start in these coordinates
  FlowAssembly parts;
  Real t_end;
  bool end_after_polar;
  std::int64_t max_steps;
};

}  // namespace saddleflow
