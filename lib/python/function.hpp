// Callables of Python as a FunctionProblem of the library.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "saddleflow/ode/stepper/stepper.hpp"
#include "saddleflow/problem/function_problem.hpp"

namespace saddleflow::python {

namespace py = pybind11;

/// What the user gives, checked by saddleflow/function.py; None for what is not there.
struct Callables {
  py::object value, gradient, value_and_gradient, hessian_vector, hessian;
};

/// What a callable has raised. Python sees a NumericalError that is caused by it.
class CallableError : public StepFailure {
 public:
  CallableError(const std::string& message, std::shared_ptr<py::object> cause)
      : StepFailure(Stop::function_error, message), cause_(std::move(cause)) {}
  const py::object& cause() const { return *cause_; }

 private:
  std::shared_ptr<py::object> cause_;  // released with the GIL, whoever holds it last
};

/// A problem made of callables. Its functions take the GIL for the time of a call. Where one raises, or
/// returns what does not fit, that call throws a CallableError; later calls of the same work give NaN where
/// they fail, so that what is to be recorded at the end of a run still can be.
class Function {
 public:
  /// InputError as check_function().
  Function(Index size, Callables callables, std::vector<std::vector<Index>> neurons, int degree,
           std::optional<double> infimum, double reference, bool attained, bool smooth);

  const FunctionPointer& problem() const { return problem_; }
  /// Forgets an earlier failure.
  void begin() const;
  /// Throws the failure since begin(), if there was one: some work goes on without a number.
  void end() const;
  /// The exception since begin(), or None.
  py::object failure() const;

  struct State;

 private:
  std::shared_ptr<State> state_;
  FunctionPointer problem_;
};

/// While it lives, network.kind and loss.kind "function" stand for this function, in this thread; null: for
/// none.
class ActiveFunction {
 public:
  explicit ActiveFunction(const Function* function);
  ~ActiveFunction();
  ActiveFunction(const ActiveFunction&) = delete;
  ActiveFunction& operator=(const ActiveFunction&) = delete;

 private:
  FunctionPointer before_;
};

/// network.kind and loss.kind "function", once.
void register_function_kinds();
void add_function(py::module_& m);

}  // namespace saddleflow::python
