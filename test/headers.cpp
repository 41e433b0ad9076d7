// Carries the precompiled headers that the test executables share.
