public import CRATELM
import Parallel
import Tokenizer

/// What steering costs in fluency: perplexities of written texts by the unsteered model, each token
/// after the prompt and the tokens before it; `nil` without tokens.
public struct SteeringCost: Sendable {
  /// That of the steered texts.
  public let steered: Double?
  /// That of texts with the same prompts and draws, with random units of the same layers changed in
  /// the same way; `nil` if a layer has no other units.
  public let random: Double?
  /// The changes of those random units.
  public let randomUnits: [Intervention]
  /// That of texts with the same prompts and draws, not steered.
  public let unsteered: Double?
}

extension TextModel {
  /// What the steering of `completions` costs in fluency; writes the texts anew without it and with
  /// random units.
  ///
  /// - Parameters:
  ///   - completions: the steered texts, a list after each prompt.
  ///   - prompts: the prompts.
  ///   - options: the options that the texts were written with; the seed decides the random units.
  ///   - threads: the number of threads; `nil` for one per processor.
  /// - Returns: the perplexities.
  /// - Throws: as ``TextWriter``; `ConfigurationError` for a masked model.
  public func steeringCost(
    of completions: [[Completion]], after prompts: [String], _ options: CompletionOptions,
    threads: Int? = nil
  ) throws -> SteeringCost {
    let scorer = try Scorer(model: model, threads: Workers.count(threads))
    func perplexity(_ steering: Steering?) throws -> Double? {
      var options = options
      options.steering = steering
      let samples = completions.map(\.count).max() ?? 0
      let writer = try TextWriter(self, options, samples: samples, threads: threads)
      let texts = try prompts.map { prompt in
        let texts = try writer.completions(after: prompt)
        while try texts.next() != nil {}
        return texts.texts
      }
      return try self.perplexity(of: texts, after: prompts, by: scorer)
    }
    let random = options.steering?.atRandomUnits(of: model.configuration, seed: options.seed)
    return SteeringCost(
      steered: try self.perplexity(of: completions, after: prompts, by: scorer),
      random: try random.flatMap { try perplexity($0) },
      randomUnits: random?.interventions ?? [],
      unsteered: try perplexity(nil))
  }

  private func perplexity(
    of completions: [[Completion]], after prompts: [String], by scorer: Scorer
  ) throws -> Double? {
    let texts = try zip(prompts, completions).flatMap { prompt, texts in
      let prefix = try promptIDs(prompt)
      return texts.map { (prefix + $0.tokens.map(\.id), prefix.count) }
    }
    return try scorer.perplexity(of: texts)
  }
}
