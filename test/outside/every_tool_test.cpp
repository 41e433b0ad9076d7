// A family, a loss and a stepper that the library does not know, through what every tool calls: right, or
// refused by the name of the trait that is missing.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "ode/stepper/own_stepper.hpp"
#include "outside/toy_loss.hpp"
#include "outside/toy_network.hpp"
#include "problem/folder.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/limit_run.hpp"
#include "saddleflow/job/pursuit_run.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/job/skeleton_run.hpp"
#include "saddleflow/job/verification.hpp"
#include "saddleflow/problem/loss_registry.hpp"
#include "saddleflow/report/from_file.hpp"
#include "saddleflow/study/build.hpp"
#include "saddleflow/study/initial_weights.hpp"
#include "validation/claim.hpp"
#include "validation/experiment.hpp"

namespace saddleflow::test {

BOOST_AUTO_TEST_SUITE(every_tool_test)

namespace {

void register_toys() {
  static const bool once = [] {
    register_network_family(product_family());
    register_loss({"toy_log_cosh", &log_cosh_loss, "ln cosh(yhat - y)"});
    register_own_stepper();
    return true;
  }();
  (void)once;
}

constexpr Real kEnd = 30;

std::string study_text() {
  return fmt::format(
      "title = \"toys\"\n[network]\nkind = \"toy_product\"\nlayers = [3, 4]\n"
      "[data]\ninputs = \"gaussian\"\nsamples = 8\nseed = 3\ntargets = \"teacher\"\n"
      "[loss]\nkind = \"toy_log_cosh\"\n[init]\nscale = 0.3\nseed = 5\n"
      "[flow]\nstepper = \"{}\"\nrtol = 1e-7\nt_end = {}\n[events.steady]\nterminal = false\n"
      "[output]\nweights = \"events\"\n",
      BogackiShampine::kName, static_cast<double>(kEnd));
}

/// -grad of sum_i ln cosh(sum_k a_k (b_k . x_i)(c_k . x_i) - y_i), written out once more.
Vector velocity(const Vector& w, const Dataset& data, Index d, Index width) {
  Vector v = Vector::Zero(w.size());
  const auto b = [&](Index k, Index j) { return k + j * width; };
  const auto c = [&](Index k, Index j) { return width * d + k + j * width; };
  const auto a = [&](Index k) { return 2 * width * d + k; };
  for (Index i = 0; i < data.inputs.cols(); ++i) {
    Vector zb = Vector::Zero(width), zc = Vector::Zero(width);
    Real h = -data.targets(0, i);
    for (Index k = 0; k < width; ++k) {
      for (Index j = 0; j < d; ++j) {
        zb[k] += w[b(k, j)] * data.inputs(j, i);
        zc[k] += w[c(k, j)] * data.inputs(j, i);
      }
      h += w[a(k)] * zb[k] * zc[k];
    }
    const Real r = -std::tanh(h);
    for (Index k = 0; k < width; ++k) {
      v[a(k)] += r * zb[k] * zc[k];
      for (Index j = 0; j < d; ++j) {
        v[b(k, j)] += r * w[a(k)] * zc[k] * data.inputs(j, i);
        v[c(k, j)] += r * w[a(k)] * zb[k] * data.inputs(j, i);
      }
    }
  }
  return v;
}

/// The classical method of order four with equal steps.
Vector by_small_steps(Vector w, const Dataset& data, Index d, Index width, int steps) {
  const Real h = kEnd / static_cast<Real>(steps);
  for (int n = 0; n < steps; ++n) {
    const Vector k1 = velocity(w, data, d, width);
    const Vector k2 = velocity(w + h / 2 * k1, data, d, width);
    const Vector k3 = velocity(w + h / 2 * k2, data, d, width);
    const Vector k4 = velocity(w + h * k3, data, d, width);
    w += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return w;
}

auto names_trait(const std::string& trait) {
  return [trait](const InputError& e) { return std::string(e.what()).find(trait) != std::string::npos; };
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_flow_is_right_and_its_file_readable) {
  register_toys();
  const Folder folder;
  const StudyTable study = StudyTable::parse(study_text(), "toys.toml");
  FlowRunOptions options;
  options.output = (folder.path / "toys.h5").string();
  const archive::RunSummary summary = run_flow(study, options);
  BOOST_TEST(summary.stop_reason == "reached_end");
  const auto network = build_network(study);
  const Dataset data = build_dataset(study, *network);
  const Vector w0 = build_initial_weights(study, *network);
  const Vector fine = by_small_steps(w0, data, 3, 4, 20000), coarse = by_small_steps(w0, data, 3, 4, 10000);
  const archive::RunReader run = archive::RunReader::open(options.output);
  const std::vector<double> last = run.row("weights", run.rows().snapshot - 1);
  const Vector found = Eigen::Map<const Eigen::VectorXd>(last.data(), std::ssize(last)).cast<Real>();
  fmt::print("own steps differ by {:.0e} from twice as large ones, the run by {:.0e} from them\n",
             static_cast<double>((fine - coarse).norm() / fine.norm()),
             static_cast<double>((found - fine).norm() / fine.norm()));
  BOOST_TEST((fine - coarse).norm() <= Real(1e-9) * fine.norm());
  BOOST_TEST((found - fine).norm() <= Real(1e-5) * fine.norm());
  BOOST_TEST(run.description().network_kind == "toy_product");
  BOOST_TEST(run.description().loss == "toy_log_cosh");
  const std::vector<std::string>& methods = run.description().stepper_names;
  BOOST_TEST((std::find(methods.begin(), methods.end(), BogackiShampine::kName) != methods.end()));
  const Verification verification = verify_run(study, options.output, nullptr);
  BOOST_TEST(verification.path_error <= Real(1e-4));
  BOOST_TEST(report::read_run(options.output).network_kind == "toy_product");
}

BOOST_AUTO_TEST_CASE(kkt_points_limit_path_and_saddles_are_found) {
  register_toys();
  const Folder folder;
  const std::string path = folder.file("toys.toml", study_text());
  KktProblem problem = open_kkt_problem(path, {}, "test");
  KktSearchOptions search;
  search.starts = 16;
  const KktTable table = find_kkt_points(*problem.correlation, search);
  BOOST_REQUIRE(!table.entries.empty());
  // At a KKT point grad N = D N u; checked with the gradient written out above, as u -> 0 in the loss.
  const KktPoint& best = table.entries.front().point;
  BOOST_TEST(best.residual <= Real(1e-7));
  const Real small = Real(1e-3);
  const Vector g = velocity(small * best.direction, problem.objective->data(), 3, 4) / (small * small);
  // Here z = tanh(y): the correlation of this loss.
  BOOST_TEST((g - 3 * best.value * best.direction).norm() <= Real(1e-4) * g.norm());
  LimitRunOptions limit;
  const LimitPath path_found = run_limit_path(problem, table, limit);
  BOOST_TEST(path_found.end.converged);
  std::vector<KktProblem> runs;
  const SaddleSurvey survey = survey_point(problem, Vector::Zero(problem.objective->size()), {});
  BOOST_REQUIRE(!survey.points.empty());
  BOOST_TEST((survey.points.front().kind == CriticalKind::origin));
  BOOST_TEST(!survey.points.front().escapes.empty());
}

BOOST_AUTO_TEST_CASE(what_a_trait_denies_is_refused_by_its_name) {
  register_toys();
  const Folder folder;
  const std::string path = folder.file("toys.toml", study_text());
  PursuitRunOptions pursuit;
  BOOST_CHECK_EXCEPTION(run_pursuit(path, {}, pursuit), InputError, names_trait("growable"));
  const StudyTable study = StudyTable::parse(study_text(), "toys.toml");
  BOOST_CHECK_EXCEPTION(run_skeleton(study, {}), InputError, names_trait("skeleton"));
  BOOST_CHECK_EXCEPTION(run_experiment(path, {"data.test_samples=4"}), InputError, names_trait("growable"));
}

// P2 and P3 ask for no more than homogeneity: their exponents are D and 2 for the toys as well.
BOOST_AUTO_TEST_CASE(claims_hold_or_are_refused) {
  register_toys();
  claims::Options quick;
  quick.quick = true;
  const auto study = [](const std::string& kind) {
    return StudyTable::parse(
        study_text() + "[claim]\ndeltas = [1e-1, 3e-2, 1e-2, 3e-3]\nkind = \"" + kind + "\"\n", "toys.toml",
        {"flow.stepper=auto", "flow.rtol=1e-12"});
  };
  for (const char* kind : {"rescaled_curve", "ray_rate", "early_direction"}) {
    const claims::Report report = claims::measure_claim(study(kind), quick);
    for (const claims::Finding& finding : report.findings) {
      fmt::print("{}: {}; {}; {}\n", kind, finding.prediction, finding.measured, name_of(finding.verdict));
      BOOST_TEST((finding.verdict == claims::Verdict::holds),
                 kind << ": " << finding.measured << finding.reason);
    }
  }
  BOOST_CHECK_EXCEPTION(claims::measure_claim(study("kkt_limits"), quick), InputError,
                        names_trait("layered"));
}

BOOST_AUTO_TEST_CASE(unknown_names_are_errors_that_list_the_known_ones) {
  register_toys();
  const auto parse = [](const char* line) { return StudyTable::parse(line, "x.toml"); };
  BOOST_CHECK_EXCEPTION(parse("[network]\nkind = \"no_such\"\nlayers = [1]\n"), InputError,
                        names_trait("toy_product"));
  BOOST_CHECK_EXCEPTION(parse("[network]\nlayers = [1, 1]\n[loss]\nkind = \"no_such\"\n"), InputError,
                        names_trait("toy_log_cosh"));
  BOOST_CHECK_EXCEPTION(parse("[network]\nlayers = [1, 1]\n[flow]\nstepper = \"no_such\"\n"), InputError,
                        names_trait(BogackiShampine::kName));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace saddleflow::test
