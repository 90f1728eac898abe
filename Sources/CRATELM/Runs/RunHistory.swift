import Storage
import SystemPackage

/// The past of a run: its record and its log, read while it trains or afterwards.
public struct RunHistory: Sendable {
  /// The directory of the run.
  public let directory: RunDirectory
  /// The plan and conditions.
  public let record: RunRecord
  /// The updates, in order.
  public private(set) var updates: [StepReport] = []
  /// The validations, in order.
  public private(set) var validations: [Validation] = []
  /// The measurements of the layers, in order.
  public private(set) var analyses: [Analysis] = []
  /// What the model could write or fill in, in order.
  public private(set) var samples: [Sample] = []
  /// When the first and the last line were written, in ISO 8601; `nil` without a line.
  public private(set) var times: ClosedRange<String>?

  /// A validation after an update.
  public struct Validation: Sendable {
    /// The update.
    public let update: StepReport
    /// The loss.
    public let loss: ValidationLoss
    /// The state of each layer.
    public let layers: [LayerReport]
  }

  /// Measures of the layers after an update.
  public struct Analysis: Sendable {
    /// The update.
    public let update: StepReport
    /// The measures.
    public let trained: LayerAnalysis
    /// Those of the model before training.
    public let random: LayerAnalysis
  }

  /// A sample after an update.
  public struct Sample: Sendable {
    /// The number of the update.
    public let step: Int
    /// A text, or a text with a mask and the likeliest tokens for it.
    public let text: String
  }

  /// Reads the past of the run in `directory`, which may be training.
  ///
  /// - Throws: ``CheckpointError/foreign(_:reason:)`` for a directory that is no run that was trained
  ///   here, and for a line that is none; `FileError`, ``ConfigurationError``.
  public init(_ directory: RunDirectory) throws {
    self.directory = directory
    guard !Checkpoint.isOne(directory.path) else {
      throw CheckpointError.foreign(
        directory.path, reason: "it is a checkpoint, which has no log; give its run")
    }
    record = try Self.record(of: directory)
    guard record.training != nil else {
      throw CheckpointError.foreign(
        directory.path, reason: "it holds a model that was not trained here, without a log")
    }
    guard FileSystem.kind(of: directory.metrics) != nil else { return }
    try read(FileReader(directory.metrics))
  }

  /// The record of the run in `directory`.
  private static func record(of directory: RunDirectory) throws -> RunRecord {
    guard let kind = FileSystem.kind(of: directory.path) else {
      throw FileError.missing(directory.path)
    }
    guard kind == .directory else {
      throw FileError.wrongKind(directory.path, expected: "the directory of a run")
    }
    guard FileSystem.kind(of: directory.configuration) != nil else {
      throw CheckpointError.foreign(
        directory.path, reason: "it holds no config.json and is not a run")
    }
    let settings = try? JSONValue.parse(FileContents.read(directory.configuration))
    guard settings?.object?["model_type"] == nil else {
      throw CheckpointError.foreign(
        directory.path, reason: "it holds a model for other programs, which has no log; give a run")
    }
    return try RunRecord.read(from: directory)
  }

  /// Reads whole lines, so that one being written is left out.
  private mutating func read(_ file: FileReader) throws {
    let newLine = UInt8(ascii: "\n")
    var (rest, number) = ([UInt8](), 0)
    var chunk = try file.next(1 << 20)
    while !chunk.isEmpty {
      var lines = chunk.split(
        separator: newLine, omittingEmptySubsequences: false)
      let last = lines.removeLast()
      for line in lines {
        number += 1
        rest += line
        guard let parsed = MetricsLine(rest), isOfThisModel(parsed) else {
          throw CheckpointError.foreign(
            file.path, reason: "its line \(number) is not an update of a run")
        }
        append(parsed)
        rest = []
      }
      rest += last
      chunk = try file.next(1 << 20)
    }
  }

  private func isOfThisModel(_ line: MetricsLine) -> Bool {
    let layers = [line.analysis?.trained, line.analysis?.random].compactMap { $0?.layers.count }
    return layers.allSatisfy { $0 == record.model.depth }
  }

  private mutating func append(_ line: MetricsLine) {
    let update = line.step
    updates.append(update)
    if let time = line.time {
      let start = times?.lowerBound ?? time
      times = start...max(start, time)
    }
    if let loss = line.validation {
      validations.append(Validation(update: update, loss: loss, layers: line.layers))
    }
    if let analysis = line.analysis {
      analyses.append(
        Analysis(update: update, trained: analysis.trained, random: analysis.random))
    }
    if let sample = line.sample { samples.append(Sample(step: update.step, text: sample)) }
  }
}

extension RunHistory {
  /// The tokens per second of all updates together, without validations and saving; `nil` before the
  /// first one.
  public var tokensPerSecond: Double? {
    updates.last.flatMap { $0.seconds > 0 ? Double($0.tokens) / $0.seconds : nil }
  }

  /// The validation with the lowest loss, the earlier one of equals.
  public var best: Validation? {
    validations.reduce(nil) { best, next in
      best.map { next.loss.loss < $0.loss.loss ? next : $0 } ?? next
    }
  }
}
