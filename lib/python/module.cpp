// The C++ side of the Python package: problems, runs and the jobs of the tools, as functions of text, numbers
// and NumPy arrays. What users see is made of these in saddleflow/*.py.
#include "files.hpp"
#include "function.hpp"
#include "long_work.hpp"

#include <pybind11/eigen.h>
#include <pybind11/functional.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/archive/table_file.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/existing_file.hpp"
#include "saddleflow/base/version.hpp"
#include "saddleflow/correlation/kkt_search.hpp"
#include "saddleflow/job/evaluation.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/late_direction.hpp"
#include "saddleflow/job/limit_run.hpp"
#include "saddleflow/job/path_bounds.hpp"
#include "saddleflow/job/pursuit_run.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/job/skeleton_run.hpp"
#include "saddleflow/network/kernel.hpp"
#include "saddleflow/network/means_network.hpp"
#include "saddleflow/network/network.hpp"
#include "saddleflow/problem/correlation.hpp"
#include "saddleflow/problem/objective.hpp"
#include "saddleflow/study/keys.hpp"
#include "saddleflow/study/stored_data.hpp"
#include "saddleflow/study/study_table.hpp"

namespace py = pybind11;
using namespace saddleflow;
using saddleflow::python::ActiveFunction;
using saddleflow::python::Function;
using saddleflow::python::interrupted;
using saddleflow::python::LongWork;
using saddleflow::python::without_gil;

namespace {

using Row = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Network, data and loss of a study or of a run file; or a function.
class Problem {
 public:
  Problem(const std::string& path, const std::vector<std::string>& overrides, const Function* function)
      : function_(function != nullptr ? std::optional<Function>(*function) : std::nullopt) {
    const ActiveFunction active(function);
    problem_ = open_problem(path, overrides, "saddleflow.problem");
    problem_.run.reset();  // nobody holds the file open, so that the run in it can go on
  }

  Index size() const { return objective().size(); }
  double value(const Vector& w) {
    begin();
    return objective().value(w);
  }
  Vector gradient(const Vector& w) {
    begin();
    Vector g(w.size());
    objective().gradient(w, g);
    return g;
  }
  Vector hessian_vector(const Vector& w, const Vector& v) {
    begin();
    Vector out(w.size());
    objective().hessian_vector(w, v, out);
    return out;
  }
  Matrix hessian(const Vector& w) {
    begin();
    Matrix out;
    objective().hessian(w, out);
    return out;
  }
  /// The mean over `count` gradients at different weights, as the integrator asks for them, with the values.
  double seconds_per_gradient(Vector w, Index count) {
    begin();
    Vector g(w.size());
    const auto start = std::chrono::steady_clock::now();
    without_gil([&] {
      for (Index k = 0; k < count; ++k) {
        w[0] += 1e-12 * (1 + std::abs(w[0]));
        objective().gradient(w, g);
      }
    });
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
           static_cast<double>(count);
  }
  /// One sample a row.
  Row outputs(const Vector& w) { return objective().outputs(w).transpose(); }
  Row predict(const Vector& w, const Row& points) const {
    require_homogeneous(objective().network(), "predict");  // a function has no inputs
    const Network& network = objective().network();
    const bool bias = objective().data().bias;
    const Index inputs = network.input_count() - (bias ? 1 : 0);
    if (points.cols() != inputs)
      throw InputError("predict: found points of " + std::to_string(points.cols()) + " numbers, expected " +
                       std::to_string(inputs));
    if (w.size() != size())
      throw InputError("predict: found " + std::to_string(w.size()) + " weights, expected " +
                       std::to_string(size()));
    Matrix columns(network.input_count(), points.rows());
    columns.topRows(inputs) = points.transpose();
    if (bias) columns.bottomRows(1).setOnes();
    if (const MeansNetwork* means = as_means(network)) {
      const auto function = means->function();
      const Matrix own = means->function_inputs(columns, objective().data().inputs);
      return function->kernel(own)->forward(w).transpose();
    }
    return network.kernel(columns)->forward(w).transpose();
  }
  std::vector<std::pair<Index, Index>> shapes() const {
    std::vector<std::pair<Index, Index>> found;
    const Layout& layout = objective().network().layout();
    for (int l = 0; l < layout.layer_count(); ++l)
      found.emplace_back(layout.layer(l).rows, layout.layer(l).cols);
    return found;
  }
  std::vector<Matrix> matrices(const Vector& w) const {
    const Layout& layout = objective().network().layout();
    if (w.size() != size())
      throw InputError("found " + std::to_string(w.size()) + " weights, expected " + std::to_string(size()));
    std::vector<Matrix> found;
    for (int l = 0; l < layout.layer_count(); ++l) found.emplace_back(layout.matrix(w, l));
    return found;
  }
  std::string description() const { return objective().network().description(); }
  int degree() const { return objective().network().degree(); }
  py::dict work() const {
    const WorkCounters& counters = objective().counters();
    return py::dict(py::arg("gradients") = counters.gradients,
                    py::arg("hessian_vectors") = counters.hessian_vectors,
                    py::arg("hessians") = counters.hessians);
  }

 private:
  Objective& objective() const { return *problem_.objective; }
  void begin() const {
    if (function_) function_->begin();
  }
  std::optional<Function> function_;
  KktProblem problem_;
};

py::dict run(const std::string& toml, const std::string& name, const std::vector<std::string>& overrides,
             const std::string& output, const std::string& command, bool overwrite, bool resume,
             const std::optional<py::function>& progress, const Function* function, bool stored) {
  LongWork work;
  const ActiveFunction active(function);
  FlowRunOptions options;
  options.output = output;
  options.command = command;
  options.overwrite = overwrite;
  options.resume = resume;
  options.interrupt = &interrupted;
  if (progress)
    options.progress = [&](const Progress& p) {
      work.tell(*progress, p.time, p.t_end, p.loss, p.steps, p.events, p.seconds_left);
    };
  std::string doubt;
  const archive::RunSummary summary = without_gil([&] {
    const StudyTable study =
        stored ? StudyTable::stored(toml, name, overrides) : StudyTable::parse(toml, name, overrides);
    archive::RunSummary done = run_flow(study, options);
    doubt = not_certain(done);
    return done;
  });
  work.finish();
  const StopReason stopped = StopReason::parse(summary.stop_reason);
  return py::dict(py::arg("stop_reason") = summary.stop_reason, py::arg("failed") = stopped.is_failure(),
                  py::arg("doubt") = doubt,
                  py::arg("failure") = function != nullptr ? function->failure() : py::none());
}

void evaluate(const std::string& source, const std::string& output, const std::vector<double>& times,
              const std::optional<Row>& inputs, const std::string& spectrum, bool overwrite,
              const Function* function) {
  LongWork work;
  const ActiveFunction active(function);
  EvaluationOptions options;
  options.times.assign(times.begin(), times.end());
  if (inputs) options.inputs = inputs->transpose();
  const std::optional<SpectrumPart> part = find_name<SpectrumPart>(spectrum);
  if (!part) throw InputError("spectrum: found \"" + spectrum + "\", expected none, ends or whole");
  options.spectrum = *part;
  options.interrupt = &interrupted;
  without_gil([&] {
    const std::string command = "saddleflow.evaluate " + source;
    KktProblem problem = open_problem(source, {}, command);
    if (!problem.run) throw InputError(source + ": is a study, expected the file of a run");
    const Evaluation evaluation = evaluate_run(problem, options);
    if (function != nullptr) function->end();
    if (!evaluation.interrupted)
      archive::write_table_file(output, describe_evaluation(problem, options, evaluation, command),
                                existing_file(overwrite));
  });
  work.finish();
}

KktSearchOptions search_options(Index starts, std::uint64_t seed, bool descend) {
  KktSearchOptions options;
  options.starts = starts;
  options.seed = seed;
  options.descend = descend;
  options.interrupt = &interrupted;
  return options;
}

void kkt(const std::string& source, const std::vector<std::string>& overrides, const std::string& output,
         Index starts, std::uint64_t seed, bool overwrite, const Function* function) {
  LongWork work;
  const ActiveFunction active(function);
  without_gil([&] {
    const std::string command = "saddleflow.kkt " + source;
    KktProblem problem = open_kkt_problem(source, overrides, command);
    KktTable table = find_kkt_points(*problem.correlation, search_options(starts, seed, true));
    if (table.interrupted) return;
    std::optional<RunApproach> approach;
    std::optional<LateDirection> late;
    if (problem.run) {
      approach = follow_run(problem, table);
      late = follow_late_direction(problem, &interrupted);
      if (late && late->point.interrupted) return;
    }
    write_kkt(output, problem, table, approach, late, command, existing_file(overwrite));
  });
  work.finish();
}

void limit(const std::string& source, const std::vector<std::string>& overrides, const std::string& output,
           Index point, Index starts, std::uint64_t seed, bool overwrite, const Function* function) {
  LongWork work;
  const ActiveFunction active(function);
  without_gil([&] {
    KktProblem problem = open_kkt_problem(source, overrides, "saddleflow.limit " + source);
    require_limit_path(problem, source);
    const KktTable table = find_kkt_points(*problem.correlation, search_options(starts, seed, false));
    if (table.interrupted) return;
    if (table.entries.empty()) throw NumericalError(source + ": no start of the search led to a KKT point");
    LimitRunOptions options;
    options.point = point;
    options.interrupt = &interrupted;
    const LimitPath path = run_limit_path(problem, table, options);
    if (path.stop_reason == Stop::interrupted) return;
    const SaddleSurvey end = classify_end(problem, path, options);
    if (!end.interrupted)
      write_limit_path(output, problem, table, options, path, end, existing_file(overwrite));
  });
  work.finish();
}

void saddles(const std::vector<std::string>& sources, const std::string& output, bool connect, Index starts,
             std::uint64_t seed, std::optional<double> prominence, bool overwrite,
             const std::optional<py::function>& progress, const Function* function) {
  LongWork work;
  const ActiveFunction active(function);
  SaddleSurveyOptions options;
  options.starts = starts;
  options.seed = seed;
  options.connect = connect;
  if (prominence) options.prominence = static_cast<Real>(*prominence);
  options.interrupt = &interrupted;
  if (progress) options.progress = [&](const std::string& what) { work.tell(*progress, what); };
  without_gil([&] {
    std::string command = "saddleflow.saddles";
    for (const std::string& source : sources) command += " " + source;
    std::vector<KktProblem> problems;
    for (const std::string& source : sources) {
      problems.push_back(open_kkt_problem(source, {}, command));
      if (!problems.back().run) throw InputError(source + ": is a study, expected the file of a run");
    }
    const SaddleSurvey survey = survey_saddles(problems, options);
    if (function != nullptr) function->end();
    if (!survey.interrupted) write_saddles(output, problems, survey, command, existing_file(overwrite));
  });
  work.finish();
}

void pursuit(const std::string& source, const std::vector<std::string>& overrides, const std::string& output,
             bool overwrite, bool resume, std::int64_t after_round,
             const std::optional<py::function>& progress) {
  LongWork work;
  PursuitRunOptions options;
  options.output = output;
  options.command = "saddleflow.pursuit " + source;
  options.overwrite = overwrite;
  options.resume = resume;
  options.after_round = after_round;
  options.interrupt = &interrupted;
  if (progress)
    options.on_round = [&](const archive::RoundRow& round, Index number) {
      work.tell(*progress, number, round.loss_after);
    };
  without_gil([&] { run_pursuit(source, overrides, options); });
  work.finish();
}

std::string skeleton(const std::string& toml, const std::string& name,
                     const std::vector<std::string>& overrides, const std::string& output,
                     const std::vector<double>& flows, bool with_pursuit, Index starts, std::uint64_t seed,
                     bool overwrite, const std::optional<py::function>& progress) {
  LongWork work;
  SkeletonRunOptions options;
  options.deltas.assign(flows.begin(), flows.end());
  options.pursuit = with_pursuit;
  options.starts = options.skeleton.analysis.search.starts = starts;
  options.seed = options.skeleton.analysis.search.seed = seed;
  options.command = "saddleflow.skeleton";
  options.interrupt = &interrupted;
  if (progress) options.progress = [&](const std::string& what) { work.tell(*progress, what); };
  const bool failed = without_gil([&] {
    const SkeletonRun run = run_skeleton(StudyTable::parse(toml, name, overrides), options);
    write_skeleton(output, run, options, existing_file(overwrite));
    return run.failed();
  });
  work.finish();
  return failed ? "a flow, the pursuit or the skeleton could not be computed to its end, or is not certain"
                : "";
}

/// Puts the file of a killed run right. InputError, IoError where it cannot be opened.
void repair(const std::string& path) { archive::RunReader::open(path); }

/// Every key of a study, for what is typed as keyword arguments.
std::vector<std::string> keys() {
  std::vector<std::string> paths;
  for (const Key& key : study_keys()) paths.push_back(key.path);
  return paths;
}

void add_errors(py::module_& m) {
  py::register_exception<InputError>(m, "InputError", PyExc_ValueError);
  py::register_exception<IoError>(m, "IoError", PyExc_OSError);
  py::register_exception<NumericalError>(m, "NumericalError", PyExc_ArithmeticError);
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  add_errors(m);
  python::register_function_kinds();
  python::add_files(m);
  python::add_function(m);
  m.attr("__version__") = version();
  py::class_<Problem>(m, "Problem")
      .def(py::init<const std::string&, const std::vector<std::string>&, const Function*>(), py::arg("path"),
           py::arg("overrides") = std::vector<std::string>(), py::arg("function") = py::none())
      .def_property_readonly("size", &Problem::size)
      .def_property_readonly("shapes", &Problem::shapes)
      .def_property_readonly("description", &Problem::description)
      .def_property_readonly("degree", &Problem::degree)
      .def_property_readonly("work", &Problem::work)
      .def("value", &Problem::value)
      .def("gradient", &Problem::gradient)
      .def("hessian_vector", &Problem::hessian_vector)
      .def("hessian", &Problem::hessian)
      .def("seconds_per_gradient", &Problem::seconds_per_gradient, py::arg("w"), py::arg("count"))
      .def("outputs", &Problem::outputs)
      .def("predict", &Problem::predict)
      .def("matrices", &Problem::matrices);
  m.def("run", &run);
  m.def("evaluate", &evaluate);
  m.def("kkt", &kkt);
  m.def("limit", &limit);
  m.def("saddles", &saddles);
  m.def("pursuit", &pursuit);
  m.def("skeleton", &skeleton);
  m.def("keys", &keys);
  m.def("is_run_file", &is_run_file);
  m.def("repair", &repair);
}
