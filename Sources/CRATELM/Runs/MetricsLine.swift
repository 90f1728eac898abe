import Storage

/// A line of `metrics.jsonl`: one update, and what was measured after it.
struct MetricsLine {
  let step: StepReport
  var validation: ValidationLoss?
  /// The state of each layer; empty where the run does not validate.
  var layers: [LayerReport] = []
  var analysis: TrainingAnalysis?
  /// What the model could write or fill in.
  var sample: String?
  /// When the line was written; `nil` until it is.
  private(set) var time: String?

  private enum Key: String {
    case step, time, tokens, loss, seconds, skipped, layers
    case learningRate = "learning_rate"
    case gradientNorm = "gradient_norm"
    case tokensPerSecond = "tokens_per_second"
    case validationLoss = "validation_loss"
    case validationBitsPerByte = "validation_bits_per_byte"
    case validation, analysis, sample
  }

  /// The line of the update `step`.
  init(_ step: StepReport) { self.step = step }

  /// Parses a line; `nil` if it is not one.
  init?(_ bytes: some Sequence<UInt8>) {
    guard let object = (try? JSONValue.parse(Array(bytes)))?.object else { return nil }
    func double(_ key: Key) -> Double? { object[key.rawValue]?.double }
    func integer(_ key: Key) -> Int? { object[key.rawValue]?.integer.flatMap { Int(exactly: $0) } }
    guard let number = integer(.step), let tokens = integer(.tokens), let loss = double(.loss),
      let learningRate = double(.learningRate), let gradientNorm = double(.gradientNorm),
      let tokensPerSecond = double(.tokensPerSecond), let seconds = double(.seconds)
    else { return nil }
    step = StepReport(
      step: number, tokens: tokens, loss: loss, learningRate: learningRate,
      gradientNorm: gradientNorm, isSkipped: object[Key.skipped.rawValue] != nil,
      tokensPerSecond: tokensPerSecond, seconds: seconds)
    validation = double(.validationLoss).map {
      ValidationLoss(
        loss: $0, bitsPerByte: double(.validationBitsPerByte),
        parts: (object[Key.validation.rawValue]?.array ?? []).compactMap(ValidationLoss.Part.init))
    }
    layers = (object[Key.layers.rawValue]?.array ?? []).compactMap(LayerReport.init)
    analysis = object[Key.analysis.rawValue].flatMap(TrainingAnalysis.init)
    sample = object[Key.sample.rawValue]?.string
    time = object[Key.time.rawValue]?.string
  }

  /// The line with its line feed, of this moment.
  func serialized() -> [UInt8] {
    var members: [(key: Key, value: JSONValue)] = [
      (.step, .integer(Int64(step.step))),
      (.time, .string("\(TimeStamp.now)")),
      (.tokens, .integer(Int64(step.tokens))),
      (.loss, .number(step.loss)),
      (.learningRate, .number(step.learningRate)),
      (.gradientNorm, .number(step.gradientNorm)),
      (.tokensPerSecond, .number(step.tokensPerSecond)),
      (.seconds, .number(step.seconds)),
    ]
    if let validation {
      members.append((.validationLoss, .number(validation.loss)))
      if let bitsPerByte = validation.bitsPerByte {
        members.append((.validationBitsPerByte, .number(bitsPerByte)))
      }
      if !validation.parts.isEmpty {
        members.append((.validation, .array(validation.parts.map(\.json))))
      }
    }
    if step.isSkipped { members.append((.skipped, .bool(true))) }
    if !layers.isEmpty { members.append((.layers, .array(layers.map(\.json)))) }
    if let analysis { members.append((.analysis, analysis.json)) }
    if let sample { members.append((.sample, .string(sample))) }
    return JSONValue.object(JSONObject(members.map { ($0.key.rawValue, $0.value) })).serialized()
      + [UInt8(ascii: "\n")]
  }
}

extension ValidationLoss.Part {
  fileprivate var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [
      ("data", .string(data)), ("loss", .number(loss)),
    ]
    if let bitsPerByte { members.append(("bits_per_byte", .number(bitsPerByte))) }
    return .object(JSONObject(members))
  }

  fileprivate init?(_ json: JSONValue) {
    guard let object = json.object, let data = object["data"]?.string,
      let loss = object["loss"]?.double
    else { return nil }
    self.init(data: data, loss: loss, bitsPerByte: object["bits_per_byte"]?.double)
  }
}

extension LayerReport {
  fileprivate var json: JSONValue {
    var members: [(key: String, value: JSONValue)] = [("gradient_norm", .number(gradientNorm))]
    if let stepStability { members.append(("step_stability", .number(stepStability))) }
    if let deadUnitShare { members.append(("dead_unit_share", .number(deadUnitShare))) }
    return .object(JSONObject(members))
  }

  fileprivate init?(_ json: JSONValue) {
    guard let object = json.object, let norm = object["gradient_norm"]?.double else { return nil }
    gradientNorm = norm
    stepStability = object["step_stability"]?.double
    deadUnitShare = object["dead_unit_share"]?.double
  }
}
