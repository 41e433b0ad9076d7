// Studies that test/random/random_studies.py has found, by their numbers of seed 1, with their snapshots at
// events only.
#pragma once

namespace saddleflow::test {

/// 508: a fit of one sample, at rest from t = 5e30 on.
inline constexpr const char* kRestingFit = R"([network]
layers = [4, 4, 6, 3]
slope = 1.0
power = 2
[loss]
kind = "square"
reduction = "sum"
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[0.9125404811311997, 0.600684829940247, 0.5626719834911328, -1.198528702806416]]
targets = [[0.15299445391500438, 1.6110421454847852, -0.9574320219491815]]
[init]
kind = "gaussian"
scale = 1e-06
seed = 967047
[flow]
rtol = 1e-12
stepper = "rodas5p"
t_end = 4.185776824353246e+31
max_steps = 200000
[output]
weights = "events"
)";

/// 625: a jump at t = 5.5e21, whose last digit is longer than it takes.
inline constexpr const char* kUnresolvedJump = R"([network]
layers = [1, 6, 4, 1]
slope = 1.0
power = 2
[loss]
kind = "exponential"
reduction = "mean"
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[-1.0],
[2.0],
[1.0]]
targets = [[1.0],
[1.0],
[-1.0]]
[init]
kind = "gaussian"
scale = 0.0001
seed = 652308
[flow]
rtol = 1e-08
stepper = "auto"
chart = "cartesian"
t_end = 6.166987594587058e+21
max_steps = 200000
[output]
weights = "events"
)";

/// 310: inputs of 1e4, so that the loss falls from 7e11 to 12 in a few steps; with fewer steps.
inline constexpr const char* kHugeInputs = R"([network]
layers = [4, 1, 2, 5, 1]
slope = 1.0
power = 2
[loss]
kind = "logistic"
reduction = "mean"
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[12257.071339748123, -3966.2957152190484, -3209.823295481291, 10263.929927560619],
[3540.7617794978282, -5476.053007320667, 6224.155725266967, 8350.958090322116],
[-1852.833739730327, 5670.015867480155, 9642.409027428143, -7160.307246497211],
[10685.114651468662, -3067.4252647313465, 9195.712545321905, 5412.1091729626705],
[2639.583376950099, -12428.376809389014, 7148.973438997144, -9565.239174264532],
[7047.788968841197, 5668.78877106837, 1451.1366715607685, 1737.6491092065312],
[-1313.3864138718127, 6052.344750337207, 5547.525623460085, 9456.329554095124],
[-17549.802803959516, 4292.922904751403, -2923.001671130836, -1366.7248180213833],
[-2337.1859414837036, -3840.636615306604, -3378.307097210985, -3738.8967318782247],
[2555.6350988607855, 9660.871644135212, 2245.4487037805957, 6338.708664051985],
[6324.436697209691, -5710.289481246439, 5117.620662815174, -1412.3937514645836]]
targets = [[-1.0],
[1.0],
[1.0],
[1.0],
[1.0],
[1.0],
[1.0],
[-1.0],
[1.0],
[-1.0],
[-1.0]]
[init]
kind = "balanced"
scale = 0.1
seed = 315598
[flow]
rtol = 1e-08
stepper = "auto"
t_end = 1e-12
max_steps = 300
[output]
weights = "events"
)";

/// 273 of settings-1: one-hot inputs, and a weight that decays for ever on the side of a squared ReLU where
/// it is stable; on the other it grows.
inline constexpr const char* kLoneInput = R"([network]
layers = [3, 1, 1]
slope = 0.0
power = 2
[loss]
kind = "square"
reduction = "mean"
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[0.0, 1.0, 0.0],
[0.0, 0.0, 1.0],
[0.0, 0.0, -1.0],
[0.0, 2.0, 0.0],
[0.0, 0.0, 1.0],
[0.0, 1.0, 0.0],
[0.0, -1.0, 0.0],
[0.0, 0.0, 1.0],
[0.0, 0.0, -1.0]]
targets = [[2.0],
[-2.0],
[2.0],
[-2.0],
[1.0],
[-1.0],
[1.0],
[-1.0],
[1.0]]
[flow]
rtol = 1e-08
stepper = "rodas5p-cg"
t_end = 2284.76991346205
max_steps = 200000
[init]
scale = 0.001
seed = 913106
kind = "sphere"
[output]
weights = "events"
)";

/// 73 of settings-1: a slide that ends, begins again and ends within 1e-12 of its time, where the tighter run
/// sees one end.
inline constexpr const char* kEndedTwice = R"([network]
layers = [8, 2, 4]
slope = 0.0
power = 1
[flow]
rtol = 1e-10
stepper = "rodas5p"
t_end = 147.81845993481502
max_steps = 200000
[loss]
kind = "square"
reduction = "mean"
[data]
seed = 309217
inputs = "group"
[data.group]
orders = [4]
pairs = "concatenated"
centre = false
encoding = "template"
template = [-0.7532367653973179, 0.1818022035256563, -0.621005775169087, 0.8718923756056831]
train_fraction = 0.7
[init]
scale = 0.0001
seed = 131182
kind = "balanced"
[output]
weights = "events"
[events.saddle]
prominence = 1.5
)";

}  // namespace saddleflow::test
