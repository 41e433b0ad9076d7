// saddleflow as a library: everything that its users need, in one include.
//
// A problem is a network, data and a loss: L(w) = Loss(H(X; w), Y). The library integrates the gradient flow
// w' = -grad L(w), not gradient descent, from arbitrarily small initial weights and across long plateaus. It
// reports what happens on the way as events. It also analyses critical points: their spectra and the ways
// down from them. And it finds the KKT points of the correlation function, to which the flow near the origin
// converges in direction.
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
// lib/examples/ has this program and others. lib/README.md is a map of the code, lib/THEORY.md has the
// formulas.
//
// Objects to which other objects refer (Objective, FlowAssembly, flows, Integration, ...) cannot be copied or
// moved, and must outlive those other objects. Errors are exceptions (base/error.hpp). A run that cannot
// continue ends with a named StopReason instead. Results depend on the arguments only. Every thread needs an
// objective of its own.
#pragma once

// Errors (InputError, IoError, NumericalError) and warnings (WarningHandler). Random numbers that are the
// same on every machine. Version and commit.
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/base/version.hpp"
#include "saddleflow/base/warning.hpp"

// feed_forward(), power_sum(), diagonal_linear(), bilinear and convolution by network_family(kind).make().
// A network of your own derives from Network, its kernel from Kernel, or from PreActivationKernel if it has
// kinks. It states its properties in NetworkTraits.
#include "saddleflow/network/families.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/network/pre_activation_kernel.hpp"

// Data from files and generators. Losses by name; a loss of your own derives from LossFunction. L with its
// gradient, Hessian and Hessian-vector products. The correlation function N, and the loss near the origin.
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/problem/data_files.hpp"
#include "saddleflow/problem/data_generators.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/problem/objective.hpp"

// The flow with its charts, steppers, events and gauges, and the flow to the next critical point. Steppers by
// name for any system x' = f(x, t). To use them in Odeint include ode/stepper/odeint_adaptors.hpp. It is not
// included here because it includes Odeint's headers, which must stand in a certain order.
#include "saddleflow/flow/approach.hpp"
#include "saddleflow/flow/flow_assembly.hpp"
#include "saddleflow/ode/stepper/registry.hpp"

// KKT points of the correlation function, its gradient flow, the analysis of single neurons, and the limit
// path from the origin.
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/correlation/ncf_flow.hpp"
#include "saddleflow/correlation/separable.hpp"
#include "saddleflow/saddle/limit_path.hpp"

// Critical points with refinement, spectrum, zero modes and ways down. Their catalogue modulo symmetries.
// Visits by a trajectory. Unstable manifolds.
#include "saddleflow/saddle/catalogue.hpp"
#include "saddleflow/saddle/connection.hpp"
#include "saddleflow/saddle/critical_point.hpp"
#include "saddleflow/saddle/visit.hpp"

// Networks that grow neuron by neuron, and the sequence of saddles in the limit of small initial weights.
#include "saddleflow/pursuit/neuron_pursuit.hpp"
#include "saddleflow/skeleton/skeleton.hpp"

// Files written by sf-flow and the other tools.
#include "saddleflow/archive/run_reader.hpp"
