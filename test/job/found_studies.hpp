// Studies that test/random/random_studies.py has found, by their numbers of seed 1, with their snapshots at
// events only.
#pragma once

namespace saddleflow::test {

/// 371: gradient descent stays where the network does not.
inline constexpr const char* kDeepNegativeSlope = R"([network]
layers = [6, 5, 6, 2]
slope = -1.0
power = 1
[loss]
kind = "square"
reduction = "mean"
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[0.5563367067125722, -1.3226756098265897, -1.1456502767996095, -1.2249250595580758, -0.01263533459081027, -0.39516822699698456],
[-1.2342528106791322, 0.5636494609546489, -0.1882328572254596, -0.6851836175886972, -1.5161669474721973, 1.5950848612559783],
[0.40162432948096305, 0.7394461714285969, 0.5243239246358226, -1.6742951471443823, -0.36328226448832546, 1.0685912519449312],
[-0.5127685816441686, 0.2392991435305816, -0.45296163028618175, -0.9387460785466265, 1.4551083996544427, 1.937370325198459],
[-0.2195371436016482, 0.2761785454539261, -0.9415674720890732, 0.4227121147314226, 0.8698595613758466, -0.5868617277883315],
[0.4565631417832816, 0.7076990406684532, 0.4241100169700918, 0.23713908638197453, -0.5961246124732249, 0.8214254599697616],
[0.05077384503809892, -2.7860680258827486, 1.775082320348057, -1.2643355596238643, -1.237822680678324, 0.7218657905675023]]
targets = [[0.3946379691094918, -1.8624194434253452],
[-0.8470001216302374, -0.2767137517933115],
[-0.4143633229582398, -0.4885985809337277],
[0.77710184538913, -0.07301935014876296],
[-0.2836064919041731, -1.2168637298929315],
[1.5642245781757096, -0.5287463112245555],
[1.0428481312401585, 1.0581753692641616]]
[init]
kind = "gaussian"
scale = 0.1
seed = 793989
[flow]
rtol = 1e-08
stepper = "dop853"
t_end = 70.63172268723154
max_steps = 200000
[output]
weights = "events"
)";

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

/// 865: the incoming weights of a neuron pass through zero.
inline constexpr const char* kVertex = R"([network]
layers = [2, 28, 1]
slope = 0.0
power = 1
[loss]
kind = "square"
reduction = "sum"
[data]
inputs = "given"
targets = "given"
[data.given]
inputs = [[-0.00012106804219399331, 0.0002554337192747037],
[-0.00010117518904879934, 0.00015861030893324403],
[0.00012610937000744675, -5.2956117720353545e-05],
[0.00011248733152808699, 7.51593548101078e-05],
[0.00018487246230778105, -6.480909411045712e-05],
[-0.00022150623861169424, 0.00045553556018459556],
[0.00012970740940303465, 0.00015251778231420259],
[-0.00017125291993970587, 8.312648470986378e-05]]
targets = [[-0.3628824071102533],
[0.8901604861500951],
[2.306120429231595],
[1.5541884611396044],
[-1.1238437361612077],
[-0.7661485477383124],
[-0.3895604511878319],
[-0.5937274102424827]]
[init]
kind = "gaussian"
scale = 1e-05
seed = 345236
[flow]
rtol = 1e-05
stepper = "rkc2"
t_end = 141662053.4172008
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

/// 273 of settings-1: one-hot inputs, and a weight that decays for ever on the side of a squared ReLU where it
/// is stable; on the other it grows.
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
