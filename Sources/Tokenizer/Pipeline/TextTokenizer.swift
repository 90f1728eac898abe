/// The number of a token in a vocabulary, from 0.
public typealias TokenID = Int32

/// What becomes of text that spells a special token; added tokens that are not special are found
/// in either case.
public enum SpecialTokenHandling: Sendable {
  /// The longest added token at each place becomes its id, be it special or not.
  case recognize
  /// Special tokens are text like any other; the right choice for a corpus.
  case treatAsText
}

/// How a tokenizer finds tokens in text.
public enum TokenizerModel: Equatable, Sendable {
  /// Byte-level byte pair encoding by a list of merges: tokens spell text byte for byte.
  case byteLevelBPE(mergeCount: Int)
  /// Byte pair encoding of characters.
  case bytePair(mergeCount: Int)
  /// The longest piece first, word by word.
  case wordPiece
}

/// Turns text into token ids and back, exactly as its file says.
///
/// A tokenizer is immutable and may be shared by threads. For more than a few texts each thread
/// makes an encoder of its own, which remembers the pieces it has seen.
public protocol TextTokenizer: Sendable {
  /// How tokens are found in text.
  var model: TokenizerModel { get }

  /// The largest id plus one.
  var vocabularySize: Int { get }

  /// The number of tokens; less than ``vocabularySize`` where ids have gaps.
  var tokenCount: Int { get }

  /// The special tokens in the order of their ids.
  var specialTokens: [SpecialToken] { get }

  /// What is done to text before it is split.
  var normalizer: Normalizer { get }

  /// The id of the token for text that no other covers; `nil` where there is none.
  var unknownID: TokenID? { get }

  /// How words become pieces; `nil` where the model is not WordPiece.
  var wordPieceRules: WordPieceTokenizer.Rules? { get }

  /// What is put around the tokens of a text where that is asked for; `nil` where nothing is.
  var postProcessor: PostProcessor? { get }

  /// The bytes that the token `id` stands for; `nil` where no token has that id.
  func bytes(of id: TokenID) -> [UInt8]?

  /// How files write the token `id`, such as "Ġthe"; `nil` where no token has that id.
  func spelling(of id: TokenID) -> String?

  /// The id of the token that stands for exactly `bytes`, special tokens first.
  func id(of bytes: [UInt8]) -> TokenID?

  /// The bytes that the token `id` adds to decoded text, which it may begin; `nil` where no token
  /// has that id.
  func text(of id: TokenID, isFirst: Bool) -> [UInt8]?

  /// The last place in `text`, but after `start`, where a text that begins so can be cut without a
  /// change of its tokens; `nil` if none is known.
  ///
  /// - Precondition: `text` is UTF-8.
  func lastCut(in text: Span<UInt8>, after start: Int) -> Int?

  /// The text of `ids`, as bytes that need not be UTF-8; special tokens are left out if so asked.
  ///
  /// - Throws: `TokenizerError.unknownID` where an id has no token; `.patternTooCostly`.
  func decode(_ ids: [TokenID], skipSpecialTokens: Bool) throws(TokenizerError) -> [UInt8]

  /// What the file asks to be done to the tokens of many texts; nothing here does it unasked.
  var batching: BatchRules { get }

  /// An encoder for one thread.
  func makeEncoder() -> any TextEncoder

  /// The tokenizer as the bytes of a `tokenizer.json`; equal tokenizers give equal bytes.
  func serialized() -> [UInt8]
}

/// Encodes texts one after the other on one thread.
public protocol TextEncoder {
  /// Appends the ids of `text` to `ids`.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` where `text` is not UTF-8, `ids` then unchanged;
  ///   `.patternTooCostly`.
  mutating func encode(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling, into ids: inout [TokenID]
  ) throws(TokenizerError)

  /// The tokens of `text` with their places in it.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` where `text` is not UTF-8; `.patternTooCostly`.
  mutating func encodeWithOffsets(
    _ text: Span<UInt8>, specialTokens: SpecialTokenHandling
  ) throws(TokenizerError) -> [LocatedToken]
}

/// A token and the bytes of the input that it came from.
public struct LocatedToken: Equatable, Sendable {
  /// The token.
  public let id: TokenID
  /// Where in the input, in bytes.
  ///
  /// A token of some bytes of a scalar names all of them. Where normalisation changed the text,
  /// each scalar of the result stands for the one that `tokenizers` names for it: of several that
  /// were composed the first, of those that were reordered the one that stood in the same place.
  public let range: Range<Int>

  /// A token that came from `range`; one that was put around a text comes from 0..<0.
  public init(id: TokenID, range: Range<Int>) {
    self.id = id
    self.range = range
  }
}

extension TextTokenizer {
  /// No place is known.
  public func lastCut(in text: Span<UInt8>, after start: Int) -> Int? { nil }

  /// Every text has tokens.
  public var unknownID: TokenID? { nil }

  /// The model is not WordPiece.
  public var wordPieceRules: WordPieceTokenizer.Rules? { nil }

  /// Nothing is put around a text.
  public var postProcessor: PostProcessor? { nil }

  /// The bytes that the token `id` adds to decoded text: those that it stands for.
  public func text(of id: TokenID, isFirst: Bool) -> [UInt8]? { bytes(of: id) }

  /// The ids of `text`, with those of ``postProcessor`` around them if so asked.
  ///
  /// - Throws: `TokenizerError.patternTooCostly`.
  public func encode(
    _ text: String, specialTokens: SpecialTokenHandling = .treatAsText,
    addSpecialTokens: Bool = false
  ) throws(TokenizerError) -> [TokenID] {
    try encode(
      Array(text.utf8), specialTokens: specialTokens, addSpecialTokens: addSpecialTokens)
  }

  /// The ids of `text`, which has to be UTF-8, with those of ``postProcessor`` around them if so
  /// asked.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte; `.patternTooCostly`.
  public func encode(
    _ text: [UInt8], specialTokens: SpecialTokenHandling = .treatAsText,
    addSpecialTokens: Bool = false
  ) throws(TokenizerError) -> [TokenID] {
    var ids = addSpecialTokens ? postProcessor?.prefix ?? [] : []
    var encoder = makeEncoder()
    try encoder.encode(text.span, specialTokens: specialTokens, into: &ids)
    if addSpecialTokens { ids += postProcessor?.suffix ?? [] }
    return ids
  }

  /// The ids of two texts, which have to be UTF-8, with what ``postProcessor`` puts around a pair
  /// if so asked.
  ///
  /// - Throws: `TokenizerError.invalidUTF8` naming the first wrong byte; `.patternTooCostly`.
  public func encode(
    _ first: [UInt8], pair second: [UInt8], specialTokens: SpecialTokenHandling = .treatAsText,
    addSpecialTokens: Bool = true
  ) throws(TokenizerError) -> PairEncoding {
    let (first, second) = (
      try encode(first, specialTokens: specialTokens),
      try encode(second, specialTokens: specialTokens)
    )
    let processor = addSpecialTokens ? postProcessor : nil
    return (processor ?? .sequence([])).pair(first, second)
  }

  /// The text of `ids`, as bytes that need not be UTF-8.
  ///
  /// - Throws: `TokenizerError.unknownID` where an id has no token; `.patternTooCostly`.
  public func decode(_ ids: [TokenID]) throws(TokenizerError) -> [UInt8] {
    try decode(ids, skipSpecialTokens: false)
  }

  /// The special token that ends a text by its name, if the vocabulary has one: that of GPT-2,
  /// RoBERTa and Llama 2, Llama 3, DeepSeek, Gemma or BERT; see ``TokenizerFile/roles(at:)``.
  public var endOfText: TokenID? {
    [
      SpecialToken.endOfText, "</s>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<eos>", "[SEP]",
    ].lazy.compactMap(specialToken).first
  }

  /// The id of the special token written `content`, if there is one.
  public func specialToken(_ content: String) -> TokenID? {
    specialTokens.first { $0.content.utf8.elementsEqual(content.utf8) }?.id
  }
}
