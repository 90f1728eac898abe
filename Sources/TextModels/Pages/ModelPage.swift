public import CRATELM
import FoundationEssentials
import Storage
import Tokenizer

/// A page that opens a model: sentences whose tokens can be chosen, the layers, the heads.
public struct ModelPage {
  private let loaded: TextModel
  private let name: String
  private let data: TokenData
  private let threads: Int?

  /// The sentences that are taken from the data.
  private static let sentenceCount = 5
  /// The most tokens of such a sentence.
  private static let sentenceLength = 32
  /// The terms of a logit that are shown.
  private static let shownTerms = 12
  /// The bytes of the maps of all sentences.
  private static let mapBudget = 1_500_000.0
  /// The tokens that measures and vocabularies are taken from.
  private static let measuredTokens = 8192

  /// A page for a model.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - name: its name.
  ///   - data: text packed with its tokenizer; the validation split is shown, or the training split
  ///     if too little is held out.
  ///   - threads: the number of threads; `nil` for one per processor.
  public init(_ model: TextModel, name: String, data: TokenData, threads: Int? = nil) {
    (loaded, self.name, self.data, self.threads) = (model, name, data, threads)
  }

  /// The page as HTML.
  ///
  /// - Parameter texts: sentences to show before those of the data.
  /// - Returns: the page.
  /// - Throws: `ConfigurationError` for a text that does not fit into the context; `DataError` for
  ///   data shorter than a sequence; `FileError`, `OutOfMemory`.
  public func html(texts: [String]) throws -> String {
    let configuration = loaded.model.configuration
    let split: Split =
      data.validation.tokenCount >= configuration.contextLength ? .validation : .train
    let sequences = try loaded.sequences(
      of: .data(data, split), length: configuration.contextLength, tokenLimit: Self.measuredTokens
    ).all()
    var page = Page(name)
    page.paragraph(
      """
      \(configuration.architecture.rawValue), \(configuration.objective.rawValue): \
      \(configuration.depth.counting("layer")) of width \(configuration.width), \
      \(configuration.headCount.counting("head")), \
      \(loaded.model.parameterCount.counting("parameter")). Layers, heads and units count from 0. \
      Measured on \(sequences.count.counting("sequence")) of \
      \(configuration.contextLength.counting("token")) of the \(split.rawValue) split of \
      \(data.directory).
      """)
    page.heading("Sentences")
    page.paragraph(
      """
      Choose a token: what each layer expected in its place and after it, and the units and heads \
      that its logit is the sum of. The redder a token, the larger its loss. What layers before the \
      last one expect is a heuristic: no layer but the last was trained to be read so.
      """)
    page.place("sentences")
    page.heading("Layers, beside random initialisation")
    page.figures(
      LayerCharts(
        trained: try loaded.model.analyzeLayers(of: sequences, threads: threads),
        random: try LanguageModel(configuration, seed: 0).analyzeLayers(
          of: sequences, threads: threads)
      ).charts)
    if let vocabularies = try HeadVocabularies(loaded, sequences, threads: threads) {
      page.heading("Heads")
      page.paragraph(
        """
        The tokens that lie in the subspace of each head more than others do: the mean of their \
        share, in deviations from the head's mean over the text.
        """)
      page.table([["head", "tokens"]] + vocabularies.rows, wraps: true)
    }
    let limit = longestSentence(of: texts.count + Self.sentenceCount)
    let sentences = try (texts + ownSentences(split, limit)).map { try json(of: $0, limit) }
    page.script(
      PackageResources.model_js.text,
      data: JSONValue.object(JSONObject([("sentences", .array(sentences))])).serialized())
    return page.html
  }

  // MARK: Sentences

  /// The most tokens of one of `count` sentences, whose maps grow with their square.
  private func longestSentence(of count: Int) -> Int {
    let configuration = loaded.model.configuration
    let heads = Double(configuration.depth * configuration.headCount * count)
    let room = Int((Self.mapBudget / heads).squareRoot())
    return min(
      max(room, 1), configuration.contextLength - configuration.objective.frame.tokenCount)
  }

  /// Sentences of the data, at even distances, of at most `limit` tokens.
  private func ownSentences(_ split: Split, _ limit: Int) throws -> [String] {
    let tokens = data[split]
    let length = min(
      4 * Self.sentenceLength, tokens.tokenCount / Self.sentenceCount)
    guard length > 0 else { return [] }
    return try (0..<Self.sentenceCount).map { index in
      let start = index * (tokens.tokenCount / Self.sentenceCount)
      var ids = try tokens.tokens(start..<start + length)
      if let end = data.manifest.endOfDocument { ids = Array(ids.split(separator: end).last ?? []) }
      return try sentence(
        of: String(decoding: try loaded.tokenizer.decode(ids), as: UTF8.self),
        min(limit, Self.sentenceLength))
    }.filter { !$0.isEmpty }
  }

  /// The first whole sentence of `text`, or as many words of it as have at most `limit` tokens.
  private func sentence(of text: String, _ limit: Int) throws -> String {
    let ends: Set<Character> = [".", "!", "?", "\n"]
    let start = text.firstIndex(where: ends.contains).map { text.index(after: $0) }
    let rest = text[(start ?? text.startIndex)...].drop { $0.isWhitespace || $0.isPunctuation }
    let end = rest.firstIndex(where: ends.contains).map { rest.index(after: $0) }
    var sentence = String(rest[..<(end ?? rest.endIndex)]).trimmed
    while try loaded.tokenizer.encode(sentence).count > limit {
      let last = sentence.lastIndex { $0.isWhitespace } ?? sentence.startIndex
      sentence = String(sentence[..<last]).trimmed
    }
    return sentence
  }

  private func json(of text: String, _ limit: Int) throws -> JSONValue {
    var encoder = loaded.tokenizer.makeEncoder()
    let located = try encoder.encodeWithOffsets(
      Array(text.utf8).span, specialTokens: .treatAsText)
    let ids = located.map(\.id)
    guard (1...limit).contains(ids.count) else {
      throw ConfigurationError(
        """
        The text "\(text.prefix(20))…" has \(ids.count.counting("token")); a page of this model \
        has room for 1 to \(limit). Shorten it.
        """)
    }
    let vocabulary = try loaded.maskingVocabulary()
    var options = TextAnalysisOptions()
    (options.contributions, options.threads) = (Self.shownTerms, threads)
    let analysis = try loaded.model.analyzeText(ids, vocabulary: vocabulary, options: options)
    let frame = vocabulary?.frame ?? .none
    let names = ids.map { loaded.tokenizer.written($0) }
    let heads = try loaded.model.attentions(over: frame.framed(ids), threads: threads)
    return .object(
      JSONObject([
        ("tokens", .array(names.map { .string($0) })),
        ("text", .string(text)),
        ("shown", .array(text.slices(of: located).map { .string($0) })),
        ("entries", .array(analysis.tokens.map { $0.map(json) ?? .null })),
        (
          "heads", .array(heads.map { json(of: $0, frame.textStart..<frame.textStart + ids.count) })
        ),
      ]))
  }

  private func json(_ entry: TokenAnalysis) -> JSONValue {
    func pair(_ name: String, _ value: Double) -> JSONValue {
      .array([.string(name), .number(value)])
    }
    return .object(
      JSONObject([
        ("loss", entry.loss.map { .number($0) } ?? .null), ("logit", .number(entry.logit)),
        (
          "layers",
          .array(
            entry.layers.map { candidates in
              .array(candidates.map { pair(loaded.tokenizer.written($0.id), $0.probability) })
            })
        ),
        ("terms", .array(entry.contributions.map { pair($0.source.description, $0.value) })),
        ("remainder", .number(entry.remainder.total)),
      ]))
  }

  /// The attention of a head between the tokens of `text`, in bytes of base64.
  private func json(of attention: HeadAttention, _ text: Range<Int>) -> JSONValue {
    let shares = attention.weights[text].flatMap { row in
      row[text].map { UInt8(($0 * 255).rounded()) }
    }
    return .object(
      JSONObject([
        ("name", .string("\(attention.address)")),
        ("weights", .string(Data(shares).base64EncodedString())),
      ]))
  }
}

extension String {
  /// The characters that begin in each of `tokens`, with what stands before its first one in no
  /// token; a dot for a token within a character.
  fileprivate func slices(of tokens: [LocatedToken]) -> [String] {
    var slices = [String](repeating: "", count: tokens.count)
    var (token, byte) = (0, 0)
    for character in self {
      while token + 1 < tokens.count, tokens[token].range.upperBound <= byte { token += 1 }
      if !tokens.isEmpty { slices[token].append(character) }
      byte += character.utf8.count
    }
    return slices.map { $0.isEmpty ? "·" : $0 }
  }

  /// The text without white space at its ends.
  fileprivate var trimmed: String {
    let start = drop(while: \.isWhitespace)
    let end = start.lastIndex { !$0.isWhitespace }
    return end.map { String(start[...$0]) } ?? ""
  }
}

extension Contribution.Source: CustomStringConvertible {
  /// `unit 3:40`, or `head 3:1`.
  public var description: String {
    switch self {
    case .unit(let address): "unit \(address)"
    case .head(let layer, let head): "head \(layer):\(head)"
    }
  }
}
