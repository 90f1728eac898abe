import CRATELM

/// What a curve of a run shows.
public enum RunMeasure: String, CaseIterable, Sendable {
  /// The loss of each update's batch.
  case loss
  /// The loss on the validation split.
  case validationLoss = "validation-loss"
  /// The same for each byte of text.
  case bitsPerByte = "bits-per-byte"
  /// The learning rate of each update.
  case learningRate = "learning-rate"
  /// The norm of the gradient before clipping.
  case gradientNorm = "gradient-norm"
  /// Tokens per second.
  case speed

  /// The most points of a curve; a longer run has no larger picture.
  static let longest = 300

  /// The name above a chart.
  var title: String {
    switch self {
    case .loss: "Loss"
    case .validationLoss: "Validation loss"
    case .bitsPerByte: "Bits per byte"
    case .learningRate: "Learning rate"
    case .gradientNorm: "Norm of the gradient"
    case .speed: "Speed"
    }
  }

  var axis: Chart.Axis {
    switch self {
    case .loss, .validationLoss: Chart.Axis("loss", unit: "nats/token")
    case .bitsPerByte: Chart.Axis("bits", unit: "1/byte")
    case .learningRate: Chart.Axis("rate")
    case .gradientNorm: Chart.Axis("norm")
    case .speed: Chart.Axis("tokens", unit: "1/s")
    }
  }

  /// The curve of `history`.
  func points(of history: RunHistory, by scale: RunScale) -> [Chart.Point] {
    func validations(_ value: (ValidationLoss) -> Double?) -> [Chart.Point] {
      history.validations.compactMap { moment in
        value(moment.loss).map { Chart.Point(scale.value(of: moment.update), $0) }
      }
    }
    func updates(_ value: (StepReport) -> Double) -> [Chart.Point] {
      history.updates.map { Chart.Point(scale.value(of: $0), value($0)) }
    }
    let points =
      switch self {
      case .loss: updates(\.loss)
      case .validationLoss: validations(\.loss)
      case .bitsPerByte: validations(\.bitsPerByte)
      case .learningRate: updates(\.learningRate)
      case .gradientNorm: updates(\.gradientNorm)
      case .speed: updates(\.tokensPerSecond)
      }
    return Curve.thinned(points, to: Self.longest)
  }

  /// The curves of `runs`, each in its own colour.
  public func chart(of runs: [RunSummary], by axis: RunAxis) -> Chart {
    let scale = axis.scale(for: runs.map(\.history))
    return Chart(
      "\(title) by \(axis.rawValue)", x: scale.axis, y: self.axis,
      series: runs.enumerated().map { index, run in
        Chart.Series(
          runs.count > 1 ? run.name : "", points(of: run.history, by: scale),
          mark: index < Chart.Ink.allCases.count ? .line : .dashes,
          ink: Chart.Ink.distinct(index))
      })
  }
}

/// How far a run has come, as a horizontal axis.
public enum RunAxis: String, CaseIterable, Sendable {
  /// The tokens learned from.
  case tokens
  /// The time of training.
  case time
  /// The updates.
  case steps

  private func value(of update: StepReport) -> Double {
    switch self {
    case .tokens: Double(update.tokens)
    case .time: update.seconds
    case .steps: Double(update.step)
    }
  }

  /// The axis for all of `histories`.
  func scale(for histories: [RunHistory]) -> RunScale {
    let largest = histories.compactMap { $0.updates.last.map(value) }.max() ?? 1
    let unit: Magnitude =
      self == .time ? .time(upTo: largest) : .count(upTo: largest)
    return RunScale(axis: Chart.Axis(rawValue, unit: unit.name), unit: unit, measure: value)
  }
}

/// A horizontal axis and its unit.
struct RunScale {
  let axis: Chart.Axis
  let unit: Magnitude
  let measure: (StepReport) -> Double

  func value(of update: StepReport) -> Double { measure(update) / unit.value }
}
