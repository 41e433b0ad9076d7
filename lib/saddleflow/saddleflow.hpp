// saddleflow as a library: everything that its users need, in one include.
//
// A problem is a network, data and a loss: L(w) = Loss(H(X; w), Y). The library follows w' = -grad L(w)
// itself (not gradient descent), however small the start and however long the plateaus, from saddle to
// saddle; it tells what happens on the way as events; and it analyses where the flow stays: critical points,
// their spectra, the ways down from them, and the KKT points of the correlation function, which the flow near
// the origin goes to.
//
//   #include <saddleflow/saddleflow.hpp>
//   using namespace saddleflow;
//
//   struct Log : Observer {
//     explicit Log(const FlowAssembly& flow) : flow(flow) {}
//     void on_event(const EventHit& hit, const Vector&, const StateAt&) override {
//       std::printf("%-14s t = %g\n", flow.events.kinds[hit.event].c_str(), double(hit.time));
//     }
//     const FlowAssembly& flow;
//   };
//
//   int main() {
//     Random random(1);
//     Dataset data;                                                         // samples as columns
//     data.inputs = random.normal_matrix(3, 20);
//     data.targets = data.inputs.row(0).cwiseAbs2() - data.inputs.row(1).cwiseAbs2();
//     Objective objective(feed_forward({3, 6, 1}, Activation(0, 2)),        // slope below zero, power
//                         data, make_loss("square", Reduction::mean));
//     FlowAssembly flow(objective, 1e-3 * random.unit_vector(objective.size()));
//     Log log(flow);
//     IntegrationOptions until;
//     until.t_end = 1e4;
//     const Outcome end = flow.run(log, until);
//     const CriticalPoint point = analyse_critical_point(objective, flow.weights(end.state));
//     std::printf("%s, then %s of loss %g\n", end.stop_reason.text().c_str(),
//                 std::string(name_of(point.kind)).c_str(), double(point.refinement.loss));
//   }
//
// lib/examples/ has this and more as programs; lib/README.md is the map, THEORY.md the formulas.
//
// Objects that others refer to (Objective, FlowAssembly, flows, Integration, ...) are neither copied nor
// moved, and outlive those others. Errors are exceptions (base/error.hpp); a run that cannot go on ends with
// a named StopReason instead. Results depend on the arguments alone. One objective a thread.
#pragma once

// What is wrong: InputError, IoError, NumericalError; what may be: WarningHandler. Random numbers, the same
// everywhere. Version and commit.
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/base/version.hpp"
#include "saddleflow/base/warning.hpp"

// feed_forward(), power_sum(), diagonal_linear(), bilinear and convolution by network_family(kind).make().
// One of one's own: derive from Network and Kernel, with kinks from PreActivationKernel, and say in
// NetworkTraits what it is.
#include "saddleflow/network/families.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/pre_activation_kernel.hpp"

// Data from files and generators; losses by name, one of one's own from LossFunction; L, its gradient,
// Hessian and products; the correlation function N, and the loss near the origin.
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/problem/data_files.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/problem/objective.hpp"

// The flow with its charts, steppers, events and gauges; following it to the next critical point. Steppers by
// name for any system x' = f(x, t). Under Odeint: ode/stepper/odeint_adaptors.hpp, not included here (it
// brings Odeint's headers, and asks for an order among them).
#include "saddleflow/flow/approach.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/ode/stepper/registry.hpp"

// KKT points of the correlation function, its own flow, one neuron at a time, and the limit path from the
// origin.
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/saddle/limit_path.hpp"

// Critical points: refined, with spectrum, zero modes, ways down; each once modulo symmetries; visits of a
// flow; unstable manifolds.
#include "saddleflow/saddle/catalogue.hpp"
#include "saddleflow/saddle/connection.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/saddle/visit.hpp"

// Networks that grow neuron by neuron; the sequence of saddles as the start goes to zero.
#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/skeleton/skeleton.hpp"

// What sf-flow and the other tools have written.
#include "saddleflow/archive/run_reader.hpp"
