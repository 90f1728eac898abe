import Storage

/// Reads and writes the `vocab.txt` of BERT: a line for each token, the number of the line its id.
///
/// As in Hugging Face's `tokenizers`, white space at the end of a line is no part of the token, and
/// of equal lines the last counts. An empty line is an id without a token.
public enum VocabularyText {
  /// The special tokens of BERT, in the order of its vocabularies.
  public static let specialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  /// How the names of such files end.
  static let fileExtension = "txt"

  /// The tokenizer whose vocabulary is `bytes`, the content of a file; `path` is for error
  /// messages.
  ///
  /// The file does not say what is done to text. Without a `normalizer` it is BERT's for cased
  /// text where a token has an upper-case letter, else that for uncased text. Nor does it say which
  /// tokens are added beside BERT's own: those of `addedTokens` that it holds, or lacks.
  ///
  /// - Throws: `TokenizerError.corrupt`.
  public static func parse(
    _ bytes: [UInt8], path: String, normalizer: BertNormalizer? = nil,
    addedTokens: [AddedToken] = []
  ) throws(TokenizerError) -> WordPieceTokenizer {
    var vocabulary = try vocabulary(bytes, path: path)
    let reader = TokenizerJSON(path: path)
    var outside: Set<TokenID> = []
    for token in addedTokens where vocabulary.bytes(of: token.id) != Array(token.content.utf8) {
      try reader.insert(
        Array(token.content.utf8), token.content, Int64(token.id), isFindable: false,
        into: &vocabulary)
      outside.insert(token.id)
    }
    let special = specialTokens.compactMap { content in
      vocabulary.id(of: Array(content.utf8)).map { SpecialToken(id: $0, content: content) }
    }
    let normalizer = normalizer ?? (isCased(vocabulary, special) ? .cased : .uncased)
    return try WordPieceTokenizer(
      TokenizerPipeline(
        vocabulary,
        addedTokens: special.filter { special in !addedTokens.contains { $0.id == special.id } }
          .map(AddedToken.init) + addedTokens,
        idsOutsideVocabulary: outside, normalizer: Normalizer(steps: [.bert(normalizer)]),
        postProcessor: postProcessor(special)),
      path: path)
  }

  /// The `vocab.txt` of `tokenizer`.
  ///
  /// - Throws: `TokenizerError.inexpressible` where a token ends in white space or is of two
  ///   lines, and where reading the lines would give another tokenizer than BERT's.
  public static func serialize(_ tokenizer: WordPieceTokenizer) throws(TokenizerError) -> [UInt8] {
    var text: [UInt8] = []
    for id in 0..<TokenID(tokenizer.vocabularySize) {
      let token = tokenizer.bytes(of: id) ?? []
      if token.contains(UInt8(ascii: "\n")) || trimmed(token[...]).count < token.count {
        throw .inexpressible(
          format: "vocab.txt", reason: "the token \(id) has white space that a line cannot hold")
      }
      text += token
      text.append(UInt8(ascii: "\n"))
    }
    if let loss = loss(of: tokenizer, in: text) {
      throw .inexpressible(format: "vocab.txt", reason: loss)
    }
    return text
  }

  /// What of `tokenizer` is another when it is read from `text`; a clause.
  private static func loss(of tokenizer: WordPieceTokenizer, in text: [UInt8]) -> String? {
    guard let read = try? parse(text, path: "vocab.txt"), read.rules == tokenizer.rules else {
      return "its unknown token, its prefix or its longest word are not those of BERT"
    }
    if read.normalizer.steps != tokenizer.normalizer.steps {
      return "its text would be normalized in another way, as lines are taken for cased only where "
        + "a token has an upper-case letter"
    }
    if read.addedTokens != tokenizer.addedTokens {
      return "it has other added tokens than \(specialTokens.joined(separator: ", ")), or not all "
        + "of those that its vocabulary holds"
    }
    return nil
  }

  /// BERT's post-processor where its tokens are there.
  static func postProcessor(_ specialTokens: [SpecialToken]) -> PostProcessor? {
    func token(_ content: String) -> SpecialToken? {
      specialTokens.first { $0.content.utf8.elementsEqual(content.utf8) }
    }
    guard let classification = token("[CLS]"), let separator = token("[SEP]") else { return nil }
    return .bert(classification: classification, separator: separator)
  }

  private static func vocabulary(
    _ bytes: [UInt8], path: String
  ) throws(TokenizerError) -> Vocabulary {
    var lines = try UTF8Scan.lines(bytes, path: path)
    if lines.last?.isEmpty == true { lines.removeLast() }
    let tokens = lines.map { Array(trimmed($0)) }
    var lastLines: [[UInt8]: Int] = [:]
    for (line, token) in tokens.enumerated() { lastLines[token] = line }
    var vocabulary = Vocabulary()
    for (line, token) in tokens.enumerated() where !token.isEmpty && lastLines[token] == line {
      guard token.count <= AddedToken.longestContent else {
        throw .corrupt(
          path: path,
          reason: "line \(line + 1) has \(token.count.counting("byte")), more than "
            + "\(AddedToken.longestContent)")
      }
      do {
        try vocabulary.insert(token, id: Int64(line))
      } catch {
        throw .corrupt(
          path: path, reason: "it has more than \(Vocabulary.largestSize) lines")
      }
    }
    return vocabulary
  }

  /// `line` without the white space at its end.
  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    while !line.isEmpty {
      let start = UTF8Scan.previousStart(in: line.span, before: line.count)
      let (value, _) = UTF8Scan.scalar(in: line.span, at: start)
      guard BertCharacterTable.shared[value].contains(.whiteSpace) else { break }
      line.removeLast(line.count - start)
    }
    return line
  }

  private static func isCased(_ vocabulary: Vocabulary, _ special: [SpecialToken]) -> Bool {
    let skipped = Set(special.map(\.id))
    return (0..<TokenID(vocabulary.size)).contains { id in
      guard !skipped.contains(id), let bytes = vocabulary.bytes(of: id) else { return false }
      return String(decoding: bytes, as: UTF8.self).unicodeScalars.contains {
        $0.properties.changesWhenLowercased
      }
    }
  }
}
