public import ArgumentParser
public import CRATELM

extension WeightFormat: ExpressibleByArgument {}

/// How a model's weights are held while it is used, on the command line.
struct WeightOptions: ParsableArguments {
  @Option(
    help: """
      Hold the weights as they are (fp32), rounded to bfloat16 (bf16), or as 8-bit whole numbers \
      with a scale for each row (int8).
      """)
  var weights = WeightFormat.fp32
}
